-- Which tasks may plan and run: at most so many at once, the urgent ones first, and fair between owners.
--
-- A task that finds no slot stands in `<prefix>:queued`, by (class, turn, arrival). Its class is its priority. Turns are
-- start-time fair queueing (Goyal, Vin, Cheng 1996) with tasks of equal length: an owner's next task gets the turn after
-- his last one, and never one that has passed. So one task of yours comes up behind one of mine, however many of mine wait.
-- Whoever frees slots lets in as many as are free, in one step: each takes its slot at once and is sent to the planner.

local CLASS, TURN = 1e14, 1e6

local function enqueue(task)
  local queued, turns = task.call.prefix .. ':queued', task.call.prefix .. ':turns'
  if redis.call('ZSCORE', queued, task.id) then return end
  local class = int(9 - task.priority)
  local own = class .. '|' .. task.owner
  local passed, last = unpack(redis.call('HMGET', turns, class, own))
  local turn = math.max(tonumber(passed) or 0, tonumber(last) or 0) + 1
  local arrival = redis.call('HINCRBY', turns, 'arrivals', 1) % TURN
  redis.call('PEXPIRE', turns, 86400000)
  redis.call('HSET', turns, own, int(turn))
  redis.call('ZADD', queued, int(class * CLASS + turn * TURN + arrival), task.id)
end

-- The first of those that wait leaves the queue; nil when nobody waits.
local function next_in_turn(call)
  local queued, turns = call.prefix .. ':queued', call.prefix .. ':turns'
  local first = redis.call('ZPOPMIN', queued)
  if not first[1] then return nil end
  local score = tonumber(first[2])
  redis.call('HSET', turns, int(math.floor(score / CLASS)), int(math.floor(score % CLASS / TURN)))
  if redis.call('ZCARD', queued) == 0 then redis.call('DEL', turns) end
  return open(call, first[1]) or next_in_turn(call)
end

-- Lets in as many as there are free slots. Their messages are in `call.freed`; should one be lost, the reaper sends it.
function let_in(call)
  local limit = tonumber(redis.call('GET', call.prefix .. ':slots') or '0')
  local free = limit - redis.call('SCARD', call.prefix .. ':active')
  while free > 0 do
    local task = next_in_turn(call)
    if not task then return end
    redis.call('SADD', call.prefix .. ':active', task.id)
    schedule(task, '', call.at + call.stale)
    local out = call.freed
    out[#out + 1] = task.id
    out[#out + 1] = ''
    out[#out + 1] = 'planner'
    out[#out + 1] = int(task.priority)
    free = free - 1
  end
end

-- Whether a task may plan now. Without a free slot it waits in the queue, and says so once.
local function admitted(task, limit)
  local call = task.call
  local active = call.prefix .. ':active'
  if redis.call('SISMEMBER', active, task.id) == 1 then return true end
  redis.call('SET', call.prefix .. ':slots', int(limit))  -- the planner's setting; whoever frees a slot goes by it
  if redis.call('EXISTS', call.prefix .. ':queued') == 0 and redis.call('SCARD', active) < limit then return true end
  local waited = redis.call('ZSCORE', call.prefix .. ':queued', task.id)
  enqueue(task)
  let_in(call)
  if redis.call('SISMEMBER', active, task.id) == 1 then return true end
  if not waited then
    emit(task, 'log', nil, 'waits until fewer than ' .. int(limit) .. ' tasks are planning or running')
  end
  schedule(task, '', call.at + 10 * call.stale)  -- whoever frees a slot lets it in; this is the safety net
  return false
end
