-- What waits and what runs in each queue, by server and owner, so that a bulkhead can be told by counting.
--
-- <prefix>:line  zset, all of score 0, read by lexical ranges. Per ready subtask that may run (its task is not paused)
--                r|queue|server|owner|9 - priority|ready since|task|subtask, and the same with p| while it is parked:
--                the message that came for it was used for another subtask; with h| while its server is silent (circuits.lua).
-- <prefix>:runs  zset, the same way. Per running subtask  s|queue|server|owner|task|subtask
--                                                         o|queue|owner|server|task|subtask
--
-- Both are derived from the state and change with it. Whoever reads an entry looks at the state first: one that is not
-- true (an older version does not keep these sets) is removed. The reaper looks at some now and then.

local ENTRY = '^([rph])|([^|]*)|([^|]*)|([^|]*)|(%d)|(%d+)|([^|]*)|(.*)$'
local RUN = '^[so]|[^|]*|[^|]*|[^|]*|([^|]*)|(.*)$'

-- Above every byte that a name has in UTF-8.
local TOP = '\255'

-- The reaper looks at so many entries of each, one time in so many.
local SAMPLE, ONE_IN = 2, 20
-- How often it came by, by prefix: remembered by the server, so that it costs an idle one nothing.
local visits = {}

-- `late`: so many times `stale` after another became ready, the other's message should have come. `hurried`: subtasks of
-- a queue that are looked at soon when it becomes empty. `busy`: queues in which messages lay when the reaper last
-- looked, by prefix: remembered by the server.
local arrivals = {late = 10, hurried = 200, busy = {}}

local function plain(name)
  return (string.gsub(name, '[|%c]', '_'))
end

-- The server that a subtask calls: none for a join, which calls nothing.
local function server_of(it)
  return has(it, 'J') and '' or it.server
end

local function waiting_entry(task, it)
  return table.concat({it.queue, server_of(it), plain(task.owner), int(9 - task.priority),
    string.format('%015.0f', task.created + it.since), task.id, it.id}, '|')
end

local function run_entries(task, it)
  local server, owner, rest = server_of(it), plain(task.owner), '|' .. task.id .. '|' .. it.id
  return 's|' .. it.queue .. '|' .. server .. '|' .. owner .. rest, 'o|' .. it.queue .. '|' .. owner .. '|' .. server .. rest
end

function stand_in_line(task, it)
  redis.call('ZADD', task.call.prefix .. ':line', 0, 'r|' .. waiting_entry(task, it))
end

-- A subtask turns from its present status to another.
function keep_count(task, it, status)
  local call = task.call
  if it.status == SUBTASK.ready then
    local entry = waiting_entry(task, it)
    redis.call('ZREM', call.prefix .. ':line', 'r|' .. entry, 'p|' .. entry, 'h|' .. entry)
  elseif it.status == SUBTASK.running then
    redis.call('ZREM', call.prefix .. ':runs', run_entries(task, it))
  end
  if status == SUBTASK.running then
    local by_server, by_owner = run_entries(task, it)
    redis.call('ZADD', call.prefix .. ':runs', 0, by_server, 0, by_owner)
  end
end

local function park(task, it)
  if not it.passed then pass_by(task, it) end
  redis.call('ZADD', task.call.prefix .. ':line', 0, 'p|' .. waiting_entry(task, it))
  tally(task.call, 'parked|' .. it.queue)
end

local function is_parked(task, it)
  return redis.call('ZSCORE', task.call.prefix .. ':line', 'p|' .. waiting_entry(task, it)) and true or false
end

-- An entry of the line as a table; nil, and removed, if it is not true any more.
local function read_entry(call, member)
  local mark, queue, server, owner, rank, since, id, subtask = string.match(member, ENTRY)
  local task = id and open(call, id)
  local it = task and not halted(task) and task.status ~= TASK.paused and node(task, subtask)
  if not it or it.status ~= SUBTASK.ready then
    redis.call('ZREM', call.prefix .. ':line', member)
    return nil
  end
  if task.form > FORM then return nil end
  return {parked = mark == 'p', queue = queue, server = server, owner = owner, priority = 9 - tonumber(rank),
          since = tonumber(since), task = task, it = it}
end

local function count_runs(call, mark, queue, name)
  local from = mark .. '|' .. queue .. '|' .. name .. '|'
  return redis.call('ZLEXCOUNT', call.prefix .. ':runs', '[' .. from, '(' .. from .. TOP)
end

-- The message of this subtask has come: so have those of all that were ready well before it, unless they are lost. Kept by queue
-- and priority, in steps.
function arrivals.note(task, it)
  local call, name, ready = task.call, it.queue .. '|' .. int(task.priority), task.created + it.since
  local key = call.prefix .. ':arrived'
  if ready < tonumber(redis.call('HGET', key, name) or 0) + call.stale then return end
  redis.call('HSET', key, name, int(ready))
  redis.call('PEXPIRE', key, 86400000)
end

-- Whether messages have come that were sent well after that of this subtask: then its own is lost, and does not wait.
function arrivals.overtook(task, it)
  local last = tonumber(redis.call('HGET', task.call.prefix .. ':arrived', it.queue .. '|' .. int(task.priority)) or 0)
  return last > task.created + it.since + arrivals.late * task.call.stale
end

-- Where a queue has just become empty, what is still ready in it is looked at soon, however long it was put off.
function arrivals.hurry(call, busy)
  local were = arrivals.busy[call.prefix] or {}
  arrivals.busy[call.prefix] = were
  for queue in pairs(were) do
    if not busy[queue] then
      were[queue] = nil
      local from = 'r|' .. queue .. '|'
      for _, member in ipairs(redis.call('ZRANGEBYLEX', call.prefix .. ':line', '[' .. from, '(' .. from .. TOP, 'LIMIT', 0, arrivals.hurried)) do
        local entry = read_entry(call, member)
        if entry then
          entry.it.resends = 0
          changed(entry.task, entry.it)
          redis.call('ZADD', call.prefix .. ':due', 'LT', int(call.at + call.stale), entry.task.id .. '|' .. entry.it.id)
        end
      end
    end
  end
  for queue in pairs(busy) do were[queue] = true end
end

-- Removes what is not true of a few entries, whichever they are.
local function look_over(call)
  visits[call.prefix] = ((visits[call.prefix] or 0) + 1) % ONE_IN
  if visits[call.prefix] ~= 0 then return end
  for _, member in ipairs(redis.call('ZRANDMEMBER', call.prefix .. ':line', SAMPLE)) do
    read_entry(call, member)
  end
  local runs = call.prefix .. ':runs'
  for _, member in ipairs(redis.call('ZRANDMEMBER', runs, SAMPLE)) do
    local id, subtask = string.match(member, RUN)
    local state = id and redis.call('HGET', base(call, id) .. ':subtasks', 's:' .. subtask)
    if not state or string.sub(state, 1, 1) ~= SUBTASK.running then redis.call('ZREM', runs, member) end
  end
end
