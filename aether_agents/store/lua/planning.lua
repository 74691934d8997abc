-- Accepting a task, and the planner's own step: claimed, held under a lease and healed like a subtask.

local function holds_planning(call, id, token)
  local task = open(call, id)
  if not task or halted(task) or task.step ~= STEP.held or task.token ~= tonumber(token) then return nil end
  return task
end

local function accept_task(call, id, owner, priority, budget, keep, overtime, recent_max, document, head, trace)
  local key = base(call, id)
  local present = redis.call('HGET', key, 'owner')
  if present then return present == owner and 'same' or 'other' end
  epoch(call)  -- what comes after it began was not forgotten
  redis.call('HSET', key, 'owner', owner, 'task', document, 'head', head, 'status', TASK.pending, 'step', STEP.due,
    'created', int(call.at), 'form', FORM, 'priority', priority, 'budget', budget, 'keep', keep, 'overtime', overtime)
  if trace and trace ~= '' then redis.call('HSET', key, 'trace', trace) end
  local task = open(call, id)
  unschedule(task, '~')
  emit(task, 'task.pending')
  tally(call, 'task.in|' .. TASK.pending)
  schedule(task, '', call.at + call.stale)
  redis.call('ZADD', call.prefix .. ':recent', int(call.at), id)
  redis.call('ZREMRANGEBYRANK', call.prefix .. ':recent', 0, -1 - recent_max)
  return 'new'
end

-- id owner priority budget_ms keep_ms overtime recent_max document head [trace] → new | same | other
export('create', function(call, args)
  return accept_task(call, unpack(args))
end)

-- id limit → granted token approved task plan head answer | <refusal>
export('claim_planning', function(call, args)
  local task, limit = open(call, args[1]), tonumber(args[2])
  if not task then return {'gone'} end
  if task.form > FORM then return {'newer'} end
  if ended(task) then return {'done'} end
  if task.halt ~= '' then return {'halted'} end
  if task.step == STEP.over then return {'done'} end
  if task.status == TASK.paused then return {'paused'} end
  if braked(call) and task.step == STEP.due then
    wait_for_release(task)
    return {'braked'}
  end
  if task.step == STEP.waiting then return {'waiting'} end
  if task.step == STEP.held then return {'leased'} end
  if not admitted(task, limit) then return {'limited'} end
  task.step, task.token, task.resends, task.form = STEP.held, next_token(call, task.token), 0, FORM
  schedule(task, '', call.at + call.lease)
  if task.status ~= TASK.planning then turn_task(task, TASK.planning, 'task.planning') end
  let_in(call)
  local documents = redis.call('HMGET', task.key, 'task', 'plan', 'head', 'answer')
  return {'granted', task.token, task.approved, documents[1], documents[2] or '', documents[3] or '', documents[4] or ''}
end)

-- id token delay_ms message
export('postpone_planning', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return 0 end
  task.step = STEP.due
  schedule(task, '', call.at + tonumber(args[3]))
  local message = args[4]
  if message ~= '' and message ~= redis.call('HGET', task.key, 'postponed') then  -- it looks again often: said once
    redis.call('HSET', task.key, 'postponed', message)
    emit(task, 'log', nil, message)
  end
  return 1
end)

-- id token plan about head: a plan is there only with the head that it counts by
export('save_plan', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return 0 end
  redis.call('HSET', task.key, 'plan', args[3], 'about', args[4])
  redis.call('HSETNX', task.key, 'head', args[5])
  emit(task, 'task.planned', nil, '', args[4])
  return 1
end)

-- id token question
export('ask_task', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return 0 end
  task.step = STEP.waiting
  task.question_id = keep_question(task, 'task', args[3])
  redis.call('HSET', task.key, 'asked_at', int(call.at))
  redis.call('ZADD', call.prefix .. ':asked', int(call.at), task.id .. '|')
  unschedule(task, '')
  if task.status ~= TASK.paused then
    turn_task(task, TASK.waiting, 'task.waiting', '', asks(task.question_id))
  end
  return 1
end)

-- id token direct plan about head (subtask wiring need document question)* → 1, deliveries in call.out
export('start', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return {0} end
  local direct = args[3] == '1'
  redis.call('HSET', task.key, 'plan', args[4], 'about', args[5], 'head', args[6])
  task.step, task.direct = STEP.over, direct and 1 or 0
  unschedule(task, '')
  if task.status ~= TASK.paused then turn_task(task, TASK.running, 'task.running') end
  local roots = {}
  for i = 7, #args, 5 do
    local it = add_node(task, args[i], args[i + 1], tonumber(args[i + 2]), direct, args[i + 3])
    if args[i + 4] ~= '' then redis.call('HSET', task.subtasks, 'p:' .. it.id, args[i + 4]) end
    if it.need == 0 then roots[#roots + 1] = it end
    task.total = task.total + 1
  end
  task.left = task.total
  for _, it in ipairs(roots) do open_up(task, it) end
  return {1, call.out}
end)

-- id token: the plan is the result
export('finish_planning', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return 0 end
  task.step = STEP.over
  return 1
end)

-- id token label code said
export('fail_planning', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return 0 end
  redis.call('HSET', task.key, 'error_code', args[4])
  count_failure(call, 'planner', args[4])
  halt(task, TASK.failed, args[3], args[5])
  return 1
end)
