-- What people do: answer, pause, resume, cancel; and giving up a canvas.

local function note_answer(task, it, id, response, by)
  emit(task, 'log', it, 'answered by ' .. by .. ': ' .. response,
    '{"intervention_id":' .. cjson.encode(id) .. ',"response":' .. cjson.encode(response) .. '}')
end

local function answer_task(task, args)
  local id, effect, response, by = args[2], args[3], args[4], args[5]
  note_answer(task, nil, id, response, by)
  task.question_id = ''
  if effect ~= 'go' then
    halt(task, TASK.cancelled, 'refused by ' .. by)
    return
  end
  if response == 'approve' then task.approved = 1 end
  task.step, task.resends = STEP.due, 0
  if task.status == TASK.paused then return end
  turn_task(task, TASK.planning, 'task.planning')
  schedule(task, '', task.call.at + task.call.stale)
  send(task, '', 'planner')
end

local function answer_subtask(task, it, args)
  local id, effect, response, by, outcome = args[2], args[3], args[4], args[5], args[6]
  note_answer(task, it, id, response, by)
  it.lost = false
  it.token = it.token + 1  -- what an earlier run still says no longer counts
  changed(task, it)
  if effect == 'go' then
    it.answered = true
    make_ready(task, it)
  else
    redis.call('HSET', task.subtasks, 'o:' .. it.id, outcome)
    close(task, it, SUBTASK[effect], effect .. ' by ' .. by)
  end
end

-- The answer's values are sealed into the task's document, or what its server asked into the subtask's, unless another
-- answer has just changed it.
local function keep_values(task, it, before, after)
  if before == '' then return true end
  local key, field = task.key, 'task'
  if it then key, field = task.subtasks, 'd:' .. it.id end
  if redis.call('HGET', key, field) ~= before then return false end
  redis.call('HSET', key, field, after)
  return true
end

-- id intervention go|failed|skipped response by outcome before after of_subtask → open|closed|changed, deliveries
export('answer', function(call, args)
  local task, id = open(call, args[1]), args[2]
  if not task or halted(task) then return {'closed', {}} end
  local it
  if task.question_id ~= id then
    it = node(task, string.match(id, '^(.*)%.%d+$') or '')
    local question = it and it.status == SUBTASK.waiting and redis.call('HGET', task.subtasks, 'i:' .. it.id)
    local head = '{"id":"' .. id .. '",'
    if not question or string.sub(question, 1, #head) ~= head then return {'closed', {}} end
  end
  if not keep_values(task, args[9] == '1' and it or nil, args[7], args[8]) then return {'changed', {}} end
  if it then answer_subtask(task, it, args) else answer_task(task, args) end
  return {'open', call.out}
end)

-- id by task_before task_after → again|closed|changed, deliveries: what was asked is void, the task is planned anew
export('refine', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) or task.step ~= STEP.waiting then return {'closed', {}} end
  if not keep_values(task, nil, args[3], args[4]) then return {'changed', {}} end
  redis.call('HDEL', task.key, 'plan', 'about', 'question', 'asked_at')
  task.question_id, task.approved, task.step, task.resends = '', 0, STEP.due, 0
  if task.status == TASK.paused then
    emit(task, 'log', nil, 'refined by ' .. args[2])
    return {'again', {}}
  end
  turn_task(task, TASK.planning, 'task.replanned', 'refined by ' .. args[2])
  schedule(task, '', call.at + call.stale)
  send(task, '', 'planner')
  return {'again', call.out}
end)

-- id by → 1 | 0
export('pause', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) or task.status == TASK.paused then return 0 end
  redis.call('ZREM', call.prefix .. ':queued', task.id)
  turn_task(task, TASK.paused, 'task.paused', 'by ' .. args[2])
  return 1
end)

-- What a paused task goes back to.
local function status_below(task)
  if task.step == STEP.waiting then return TASK.waiting end
  if task.step ~= STEP.over then return task.token > 0 and TASK.planning or TASK.pending end
  if task.busy == 0 and redis.call('ZCARD', task.waiting) > 0 then return TASK.waiting end
  return TASK.running
end

-- What a waiting task asks first.
local function open_question(task)
  if task.step == STEP.waiting then return redis.call('HGET', task.key, 'question') end
  return redis.call('HGET', task.subtasks, 'i:' .. redis.call('ZRANGE', task.waiting, 0, 0)[1])
end

-- id by → 1 | 0, deliveries
export('resume', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) or task.status ~= TASK.paused then return {0, {}} end
  local below = status_below(task)
  turn_task(task, below, 'task.resumed', 'by ' .. args[2])
  if below == TASK.waiting then emit(task, 'task.waiting', nil, '', '{"intervention":' .. open_question(task) .. '}') end
  if task.step == STEP.due then
    schedule(task, '', call.at + call.stale)
    send(task, '', 'planner')
  end
  each_node(task, function(it)
    if it.status == SUBTASK.ready then hand_over(task, it) end
  end)
  return {1, call.out}
end)

-- id by reason → 1 | 0, the subtasks that still run
export('cancel', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) then return {0, {}} end
  local reason = args[3] ~= '' and ': ' .. args[3] or ''
  return {1, halt(task, TASK.cancelled, 'cancelled by ' .. args[2] .. reason)}
end)

-- id → deliveries: there is no canvas any more, so nothing is on its way
export('flip', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) then return {} end
  task.direct = 1
  each_node(task, function(it)
    if not it.passed then
      it.passed = true
      changed(task, it)
      if it.status == SUBTASK.ready then hand_over(task, it) end
    end
  end)
  return call.out
end)

-- id known by → 1 | 0: notes which task undoes this one, unless another was noted since `known` was read
export('link_undo', function(call, args)
  local key, known = base(call, args[1]), args[2]
  if redis.call('HEXISTS', key, 'status') == 0 then return 0 end
  if (redis.call('HGET', key, 'undone') or '') ~= known then return 0 end
  redis.call('HSET', key, 'undone', known == '' and args[3] or known .. ' ' .. args[3])
  return 1
end)
