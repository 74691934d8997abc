-- Takes back what was lost and sends again what lies unclaimed. Everything it must look at is in one sorted set of
-- times. Idempotent: any process may call it at any time, twice.

-- Longest back-off of a re-send: stale × 2^6.
local RESENDS_MAX = 6

-- Planners that one task may take with it.
local PLANNERS_LOST_MAX = 2

-- Whether to send the planner's message again now. It may only be waiting in a full queue.
local function send_again(it, busy)
  local waits_in_line = busy[it.queue] and it.resends < PUT_OFFS_MAX
  it.resends = math.min(it.resends + 1, RESENDS_MAX)
  return not waits_in_line
end

-- Queues of which a process of a version before takes messages too: it leaves alone what it cannot read, so that every
-- other message may come to nothing. Theirs says no form, or an older one.
local function shared_with_older(call)
  if call.shared then return call.shared end
  call.shared = {}
  for _, name in ipairs(redis.call('ZRANGE', call.prefix .. ':workers', 0, -1)) do
    local text = redis.call('GET', call.prefix .. ':worker:' .. name)
    local fine, about = pcall(cjson.decode, text or '{}')
    if fine and type(about) == 'table' and type(about.queues) == 'table' and (tonumber(about.form) or 0) < FORM then
      for _, queue in ipairs(about.queues) do call.shared[queue] = true end
    end
  end
  return call.shared
end

-- Sets the time at which a step that was sent is looked at again: later each time, unless an older process may have it.
local function look_later(task, id, queue, resends)
  local pause = shared_with_older(task.call)[queue] and 1 or 2 ^ resends
  schedule(task, id, task.call.at + task.call.stale * pause)
end

-- Whether the message of a subtask only waits: its queue is full, and none that was sent well after it has come. It is
-- looked at seldom then: a thousand may wait so.
local function waits_its_turn(task, it, busy)
  local waits = busy[it.queue] and it.resends ~= SPENT and not arrivals.overtook(task, it)
  if it.resends == SPENT then it.resends = 0 end
  it.resends = math.min(math.max(it.resends + 1, waits and 3 or 0), RESENDS_MAX)
  return waits
end

local function look_at_ready(task, it, busy)
  if braked(task.call) then return wait_for_release(task, it) end
  if circuits.holds(task, it) then return circuits.look_at(task, it) end  -- circuits.lua
  -- Its message was used for another, whose own comes for it, but perhaps never: the few that are parked are looked at
  -- as often as ever, so that they wait for no back-off when their queue is empty.
  if busy[it.queue] and is_parked(task, it) then return schedule(task, it.id, task.call.at + task.call.stale) end
  changed(task, it)
  local waits = waits_its_turn(task, it, busy)
  look_later(task, it.id, it.queue, it.resends)
  if not waits then
    pass_by(task, it)
    send(task, it.id, it.queue)
  end
end

local function look_at_lost(task, it)
  tally(task.call, 'lost|' .. it.queue)
  if task.halt ~= '' then
    it.token = next_token(task.call, it.token)
    close(task, it, SUBTASK.cancelled)
    return
  end
  redis.call('HINCRBY', task.subtasks, 'x:' .. it.id, 1)
  take_back(task, it, 'its worker was lost: it runs again')
end

local function look_at_subtask(task, it, busy)
  if not it or TERMINAL_SUBTASK[it.status] then return true end
  if it.status == SUBTASK.running then
    if not spare(task, it.id) then look_at_lost(task, it) end
  elseif task.halt ~= '' then return true
  elseif it.status == SUBTASK.retrying then make_ready(task, it)
  elseif it.status == SUBTASK.ready and task.status ~= TASK.paused then look_at_ready(task, it, busy)
  else return true end
end

local function look_at_planning(task, busy)
  if halted(task) then return true end
  if task.step == STEP.held then
    if spare(task, '') then return false end
    tally(task.call, 'lost|planner')
    if redis.call('HINCRBY', task.key, 'planners_lost', 1) >= PLANNERS_LOST_MAX then
      redis.call('HSET', task.key, 'error_code', 'internal')
      halt(task, TASK.failed, 'its planner was lost twice while it planned this: it is not planned again')
      return true
    end
    task.step = STEP.due
    emit(task, 'log', nil, 'its planner was lost: it is planned again')
    if task.status == TASK.paused then return true end
    schedule(task, '', task.call.at + task.call.stale)
    send(task, '', 'planner')
  elseif task.step == STEP.due and task.status ~= TASK.paused and braked(task.call) then
    wait_for_release(task)
  elseif task.step == STEP.due and task.status ~= TASK.paused then
    local step = {queue = 'planner', resends = task.resends}
    local now = send_again(step, busy)
    task.resends = step.resends
    look_later(task, '', 'planner', task.resends)
    if now then send(task, '', 'planner') end
  else
    return true
  end
end

-- Puts every open step of a task back among those to be looked at: a fault of ours, or a refusal that a version before
-- met in the midst of a change, may have left one that nobody would ever look at.
local function look_over_task(task)
  local due, late = task.call.prefix .. ':due', task.call.at + task.call.lease
  local function put_back(step, at)
    if not redis.call('ZSCORE', due, task.id .. '|' .. step) then schedule(task, step, at) end
  end
  if task.step == STEP.held then put_back('', late) elseif task.step == STEP.due then put_back('', task.call.at) end
  each_node(task, function(it)
    if it.status == SUBTASK.running then put_back(it.id, late)
    elseif task.halt ~= '' then return
    elseif BUSY[it.status] then put_back(it.id, task.call.at)
    elseif it.status == SUBTASK.waiting and not redis.call('ZSCORE', task.waiting, it.id) then
      local number = string.match(asked_of(task, it.id), '%.(%d+)$')
      if number then redis.call('ZADD', task.waiting, number, it.id) end
    end
  end)
  schedule(task, '?', task.call.at + LOOK_OVER)
end

-- Looks at one due step; true when it is done with.
local function look_at(call, id, step, busy)
  local task = open(call, id)
  if step == '~' then
    redis.call('ZREM', call.prefix .. ':recent', id)
    return true
  end
  if not task then
    redis.call('ZREM', call.prefix .. ':recent', id)
    redis.call('ZREM', call.prefix .. ':queued', id)
    if redis.call('SREM', call.prefix .. ':active', id) == 1 then let_in(call) end
    return true
  end
  if task.form > FORM then return false end  -- left as it is: a newer process looks at it, with all that it knows
  if step == '!' then
    if not halted(task) then halt(task, TASK.failed, redis.call('HGET', task.key, 'overtime')) end
    return true
  end
  if step == '?' then
    if not HOLDS_SLOT[task.status] then return true end
    look_over_task(task)
    return false
  end
  if step == '' then return look_at_planning(task, busy) end
  return look_at_subtask(task, node(task, step), busy)
end

-- limit clock shown_ms busy_queue* → deliveries, faults, epoch, whether this process is to link the audit record
export('reap', function(call, args)
  local busy, faults = {}, {}
  epoch(call)
  watch_clock(call, args[2], tonumber(args[3]))
  look_over(call)
  call.freed = call.out  -- one who sends
  for i = 4, #args do busy[args[i]] = true end
  arrivals.hurry(call, busy)
  local due = call.prefix .. ':due'
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', int(call.at), 'LIMIT', 0, args[1])) do
    local id, step = string.match(member, '^([^|]*)|(.*)$')
    local fine, finished = pcall(look_at, call, id, step, busy)
    if not fine then  -- one damaged task must not stop the others: look again in a minute, and say so
      faults[#faults + 1] = member .. ': ' .. (type(finished) == 'table' and finished.err or tostring(finished))
      if call.tasks[id] then call.tasks[id].broken = true end
      redis.call('ZADD', due, int(call.at + 60000), member)
    elseif finished then
      redis.call('ZREM', due, member)
    end
  end
  return {call.out, faults, epoch(call).number, audit.due(call, args[2])}
end)
