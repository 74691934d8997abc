-- A server that came back may be older than it was (a power loss, a replica that lagged behind): what was granted last is
-- forgotten, and its counters would give the same tokens again. So each start of a server, and each change of the server
-- that leads, begins an epoch of the store, and a token is the epoch's number and below it the count of a step's runs.
--
-- <prefix>:epoch      hash  `server` and `number`: on which server it began; `since` (ms); `unheard`: workers of the
--                           epoch before, `name/sure` each, that have not yet said what they know of it; `salt`: of a
--                           store that was restored, which has another epoch on the same server
-- <prefix>:epochs     stream  one entry, of the last that began: followers read it beside their tasks'
-- <prefix>:witnesses  zset  `name/sure` of every process that makes calls, by the time (ms) it last spoke. Sure (1) is
--                           who made no unrepeatable call before its claim was safe from a power loss

-- Runs of one step that a token counts.
local RUNS = 2 ^ 20

-- A process that has been silent for this long (ms) before a store was lost had ended before.
local WITNESS_FOR = 30000

-- How long (ms) a new epoch waits for the workers of the one before, until what only they know counts as not known: a
-- lease, and this at most.
local SETTLING = 10000

-- What the server remembers as long as it runs, by prefix, so that it costs no command: the number of the epoch; when
-- the reaper last looked; until when a lease that ended says nothing.
local numbers, looked, spared = {}, {}, {}

local function server_now()
  local server, replication = redis.call('INFO', 'server'), redis.call('INFO', 'replication')
  return string.match(server, 'run_id:(%x+)') .. ' ' .. string.match(replication, 'master_replid:(%x+)')
end

local function begin_epoch(call)
  local key, witnesses = call.prefix .. ':epoch', call.prefix .. ':witnesses'
  local server, before = server_now(), redis.call('HGET', key, 'server')
  local salt = redis.call('HGET', key, 'salt') or ''
  local number = int(tonumber(string.sub(redis.sha1hex(server .. salt), 1, 8), 16))
  numbers[call.prefix] = number
  if before == server then return end
  local last = redis.call('ZREVRANGE', witnesses, 0, 0, 'WITHSCORES')[2]
  local alive = last and redis.call('ZRANGEBYSCORE', witnesses, int(last - WITNESS_FOR), '+inf') or {}
  local since, unheard = unpack(redis.call('HMGET', key, 'since', 'unheard'))
  if unheard and unheard ~= '' and call.at - since < WITNESS_FOR then alive[#alive + 1] = unheard end
  redis.call('HSET', key, 'server', server, 'number', number, 'since', int(call.at),
    'unheard', table.concat(alive, ' '))
  redis.call('XADD', call.prefix .. ':epochs', 'MAXLEN', 1, '*', 'number', number)
  if before then spared[call.prefix] = call.at + call.lease end  -- nobody could renew
end

-- The number of the store's epoch, and what is known of it. Another server may have led since this one last looked.
function epoch(call)
  if call.epoch then return call.epoch end
  local key = call.prefix .. ':epoch'
  local known = redis.call('HMGET', key, 'number', 'since', 'unheard')
  if not known[1] or known[1] ~= numbers[call.prefix] then
    begin_epoch(call)
    known = redis.call('HMGET', key, 'number', 'since', 'unheard')
  end
  call.epoch = {number = tonumber(known[1]), since = tonumber(known[2]), unheard = known[3] or ''}
  return call.epoch
end

local function epoch_of(token)
  return math.floor(token / RUNS)
end

local function count_of(token)
  return token % RUNS
end

local function of_now(call, token)
  return epoch_of(token) == epoch(call).number
end

-- The token of a step's next run; whatever an earlier one still says no longer counts.
local function next_token(call, token)
  return epoch(call).number * RUNS + count_of(token) + 1
end

-- Whether the store gave this token and has forgotten it: `last` is what it knows of the step.
local function forgotten(call, last, token)
  if last == token or of_now(call, token) then return false end
  if epoch_of(last) == epoch_of(token) then return count_of(token) > count_of(last) end
  return count_of(token) >= count_of(last)
end

-- Whether a step that must not run twice may have run when the store forgot: `settling` while its workers may still
-- tell, `doubt` when one of them will not. A task that came later, or a step that was claimed since, was not forgotten.
local function forgetting(task, it)
  local now = epoch(task.call)
  if now.unheard == '' or task.created >= now.since or of_now(task.call, it.token) then return nil end
  if task.call.at - now.since < math.min(SETTLING, task.call.lease) then return 'settling' end
  return string.find(now.unheard .. ' ', '/0 ', 1, true) and 'doubt' or nil
end

-- Clocks of the processes that call the reaper, by prefix: what each showed, and the server's, when it last did. They
-- only go forward, so that a step of the server's clock is told from time that passed. `stepped` is the sum of all steps.
local clocks, stepped = {}, {}

-- A difference of so many ms is a step of the clock, not a command that was under way for long.
local STEP_LEAST = 5000
-- Clocks that are remembered.
local CLOCKS_MAX = 64

-- By how many ms the server's clock was set since this process last asked.
local function step_of(call, name, shown)
  local known, sum = clocks[call.prefix], stepped[call.prefix] or 0
  if not known or known.count >= CLOCKS_MAX and not known[name] then known = {count = 0} end
  local before = known[name]
  known.count = before and known.count or known.count + 1
  local step = before and (call.at - before.at) - (shown - before.shown) - (sum - before.sum) or 0
  if math.abs(step) < STEP_LEAST then step = 0 end
  stepped[call.prefix] = sum + step
  known[name] = {at = call.at, shown = shown, sum = sum + step}
  clocks[call.prefix] = known
  return step
end

-- The server's clock was set: all that is to come comes when it would have.
local function follow_step(call, step)
  local due = call.prefix .. ':due'
  local all = redis.call('ZRANGE', due, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    local id, what = string.match(all[i], '^([^|]*)|(.*)$')
    if what ~= '~' then redis.call('ZADD', due, int(all[i + 1] + step), all[i]) end
    local task = what == '!' and open(call, id)
    if task then task.deadline = task.deadline + step end
  end
end

-- Leases say who is gone only where whoever lives could renew. When nobody has looked for almost a whole lease, all
-- workers or the server were away, or the server's clock was set forward: for one more lease nothing is taken back.
-- Where the clock was set back, what should come after a wait would come late by as much: it is brought forward too.
local function watch_clock(call, name, shown)
  local before, step = looked[call.prefix], step_of(call, name, shown)
  looked[call.prefix] = call.at
  if step ~= 0 then
    follow_step(call, step)
    spared[call.prefix] = call.at + call.lease
    return
  end
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

-- Whether a lease that ended is left alone for now; then it is looked at again when that time is over. The first sign
-- of life after a silence says so too (registry.lua).
local function spare(task, step)
  local grace = math.max(redis.call('PTTL', task.call.prefix .. ':grace'), 0)
  local till = math.max(spared[task.call.prefix] or 0, task.call.at + grace)
  if task.call.at >= till then return false end
  schedule(task, step, till)
  return true
end
