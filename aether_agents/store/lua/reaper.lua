-- Takes back what was lost and sends again what lies unclaimed. Everything it must look at is in one sorted set of
-- times. Idempotent: any process may call it at any time, twice.

-- Longest back-off of a re-send: stale × 2^6. With its queue still full, a re-send is put off this often first.
local RESENDS_MAX = 6
local PUT_OFFS_MAX = 4

-- Planners that one task may take with it.
local PLANNERS_LOST_MAX = 2

-- Whether to send again now what was sent already. Its message may only be waiting in a full queue.
local function send_again(it, busy)
  local waits_in_line = busy[it.queue] and it.resends < PUT_OFFS_MAX
  it.resends = math.min(it.resends + 1, RESENDS_MAX)
  return not waits_in_line
end

local function look_at_ready(task, it, busy)
  changed(task, it)
  local now = send_again(it, busy)
  schedule(task, it.id, task.call.at + task.call.stale * 2 ^ it.resends)
  if now then
    pass_by(task, it)
    send(task, it.id, it.queue)
  end
end

-- When the reaper last looked, by prefix: remembered by the server as long as it runs, so that it costs no command.
local looked = {}
-- Until when a lease that ended says nothing, by prefix.
local spared = {}

-- Leases say who is gone only where whoever lives could renew. When nobody has looked for almost a whole lease, all
-- workers or the server were away, or the server's clock was set forward: for one more lease nothing is taken back.
-- Where the clock was set back, what should come after a wait would come late by as much: it is brought forward too.
local function watch_clock(call)
  local before = looked[call.prefix]
  looked[call.prefix] = call.at
  if not before then return end
  if call.at - before > 0.9 * call.lease then spared[call.prefix] = call.at + call.lease end
  if before - call.at > 1000 then
    spared[call.prefix] = call.at + call.lease
    local due = call.prefix .. ':due'
    local late = redis.call('ZRANGEBYSCORE', due, int(call.at + call.lease), '+inf', 'WITHSCORES')
    for i = 1, #late, 2 do
      if not string.find(late[i], '|[!~]$') then
        redis.call('ZADD', due, int(math.max(late[i + 1] - (before - call.at), call.at + call.lease)), late[i])
      end
    end
  end
end

-- Whether a lease that ended is left alone for now; then it is looked at again when that time is over. A server that has
-- just started, or become the primary, remembers nothing: there the first sign of life (registry.lua) says so.
local function spare(task, step)
  local grace = math.max(redis.call('PTTL', task.call.prefix .. ':grace'), 0)
  local till = math.max(spared[task.call.prefix] or 0, task.call.at + grace)
  if task.call.at >= till then return false end
  schedule(task, step, till)
  return true
end

local function look_at_lost(task, it)
  tally(task.call, 'lost|' .. it.queue)
  if task.halt ~= '' then
    it.token = it.token + 1
    close(task, it, SUBTASK.cancelled)
    return
  end
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
  elseif task.step == STEP.due and task.status ~= TASK.paused then
    local step = {queue = 'planner', resends = task.resends}
    local now = send_again(step, busy)
    task.resends = step.resends
    schedule(task, '', task.call.at + task.call.stale * 2 ^ task.resends)
    if now then send(task, '', 'planner') end
  else
    return true
  end
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
  if step == '' then return look_at_planning(task, busy) end
  return look_at_subtask(task, node(task, step), busy)
end

-- limit busy_queue* → deliveries, faults
export('reap', function(call, args)
  local busy, faults = {}, {}
  watch_clock(call)
  call.freed = call.out  -- one who sends
  for i = 2, #args do busy[args[i]] = true end
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
  return {call.out, faults}
end)
