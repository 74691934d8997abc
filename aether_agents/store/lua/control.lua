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
    halt(task, TASK.cancelled, (response == 'deny' and 'denied by ' or 'refused by ') .. by)
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
  -- What an earlier run still says no longer counts. An approval that was given before may be forgotten with what it let run.
  it.token = it.lost and next_token(task.call, it.token) or it.token + 1
  it.lost = false
  changed(task, it)
  if effect == 'go' then
    it.answered = true
    -- In an older store the question says that it may have run (interventions/older_store.py): this is a yes to that too.
    if has(it, 'u') and forgetting(task, it) then
      redis.call('HSET', task.subtasks, 'k:' .. it.id, int(epoch(task.call).number))
    end
    make_ready(task, it)
  else
    redis.call('HSET', task.subtasks, 'o:' .. it.id, outcome)
    if effect == 'skipped' then task.degraded = 1 end  -- left out by a person, not by the plan's own condition
    close(task, it, SUBTASK[effect], (response == 'deny' and 'denied' or effect) .. ' by ' .. by)
  end
end

-- The answer, sealed, and the document it changes (the task's, or the subtask's), unless another has just changed what
-- counts of them.
local function keep_answer(task, it, args)
  if not write_head(task, args[7], args[8]) then return false end
  local key = it and task.subtasks or task.key
  redis.call('HSET', key, it and 'a:' .. it.id or 'answer', args[9])
  if args[10] ~= '' then
    local own = args[10] ~= 'task'
    redis.call('HSET', own and task.subtasks or task.key, args[10], args[11])
  end
  return true
end

-- The open question of that name: nil and false if there is none, nil and true if it is about the whole task.
local function find_question(task, id)
  if task.question_id == id then return nil, true end
  local it = node(task, string.match(id, '^(.*)%.%d+$') or '')
  if not it or it.status ~= SUBTASK.waiting or asked_of(task, it.id) ~= id then return nil, false end
  return it, true
end

-- id intervention go|failed|skipped response by outcome head_before head_after answer field document
-- → open|closed|changed, deliveries
export('answer', function(call, args)
  local task, id = open(call, args[1]), args[2]
  if not task or halted(task) then return {'closed', {}} end
  local it, found = find_question(task, id)
  if not found or redis.call('HEXISTS', task.subtasks, 'q:' .. id) == 0 then return {'closed', {}} end
  if not keep_answer(task, it, args) then return {'changed', {}} end
  task.form = FORM  -- only who reads the sealed answer goes by it
  if it then answer_subtask(task, it, args) else answer_task(task, args) end
  return {'open', call.out}
end)

-- id intervention votes_before votes_after said → ok|changed|closed: one more yes to a question that wants several
export('vote', function(call, args)
  local task, id = open(call, args[1]), args[2]
  if not task or halted(task) then return 'closed' end
  local it, found = find_question(task, id)
  if not found then return 'closed' end
  if (redis.call('HGET', task.subtasks, 'y:' .. id) or '') ~= args[3] then return 'changed' end
  redis.call('HSET', task.subtasks, 'y:' .. id, args[4])
  emit(task, 'log', it, args[5], '{"intervention_id":' .. cjson.encode(id) .. '}')
  return 'ok'
end)

-- limit before_ms → task subtask asked, of what was asked before that time and is not answered
export('unanswered', function(call, args)
  local asked, found = call.prefix .. ':asked', {}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', asked, '-inf', args[2], 'LIMIT', 0, args[1])) do
    local id, about = string.match(member, '^([^|]*)|(.*)$')
    local task = open(call, id)
    local it = task and not halted(task) and about ~= '' and node(task, about)
    local open_id = it and it.status == SUBTASK.waiting and asked_of(task, about) or ''
    if task and not halted(task) and about == '' then open_id = task.question_id end
    if open_id == '' then
      redis.call('ZREM', asked, member)
    else
      found[#found + 1] = id
      found[#found + 1] = about
      found[#found + 1] = open_id
    end
  end
  return found
end)

-- id intervention → 1 | 0, deliveries: what it asks is not believed, and asked anew by whoever has to know
export('ask_anew', function(call, args)
  local task, id = open(call, args[1]), args[2]
  if not task or halted(task) then return {0, {}} end
  local it, found = find_question(task, id)
  if not found then return {0, {}} end
  emit(task, 'log', it, 'what was asked is not believed, and asked anew',
    '{"intervention_id":' .. cjson.encode(id) .. '}')
  task.form = FORM  -- a worker of a version before would take `answered` for a yes: it is not given to one
  if not it then
    task.question_id, task.approved, task.step, task.resends = '', 0, STEP.due, 0
    if task.status == TASK.paused then return {1, {}} end
    turn_task(task, TASK.planning, 'task.planning')
    schedule(task, '', call.at + call.stale)
    send(task, '', 'planner')
  elseif it.lost then
    ask(task, it, LOST)
  else
    it.token = it.token + 1
    it.answered = true  -- by nobody: whoever runs it finds no answer, and asks
    redis.call('HDEL', task.subtasks, 'a:' .. it.id)
    make_ready(task, it)
  end
  return {1, call.out}
end)

-- id by head_before head_after task → again|closed|changed, deliveries: what was asked is void, the task is planned anew
export('refine', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) or task.step ~= STEP.waiting then return {'closed', {}} end
  if not write_head(task, args[3], args[4]) then return {'changed', {}} end
  redis.call('HSET', task.key, 'task', args[5])
  redis.call('HDEL', task.key, 'plan', 'about', 'question', 'asked_at', 'answer')
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
local function asks_first(task)
  if task.step == STEP.waiting then return asks(task.question_id) end
  local first = redis.call('ZRANGE', task.waiting, 0, 0)[1]
  return asks(asked_of(task, first), first)
end

-- id by → 1 | 0, deliveries
export('resume', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) or task.status ~= TASK.paused then return {0, {}} end
  local below = status_below(task)
  turn_task(task, below, 'task.resumed', 'by ' .. args[2])
  if below == TASK.waiting then emit(task, 'task.waiting', nil, '', asks_first(task)) end
  if task.step == STEP.due then
    schedule(task, '', call.at + call.stale)
    send(task, '', 'planner')
  end
  each_node(task, function(it)
    if it.status == SUBTASK.ready then hand_over(task, it) end
  end)
  return {1, call.out}
end)

-- id by said → 1 | 0, the subtasks that still run
export('cancel', function(call, args)
  local task = open(call, args[1])
  if not task or halted(task) then return {0, {}} end
  return {1, halt(task, TASK.cancelled, 'cancelled by ' .. args[2], args[3])}
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
