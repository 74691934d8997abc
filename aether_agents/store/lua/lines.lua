-- What waits and what runs in each queue, by server and owner, so that a bulkhead can be told by counting.
--
-- <prefix>:line  zset, all of score 0, read by lexical ranges. Per ready subtask that may run (its task is not paused)
--                r|queue|server|owner|9 - priority|ready since|task|subtask, and the same with p| while it is parked:
--                the message that came for it was used for another subtask.
-- <prefix>:runs  zset, the same way. Per running subtask  s|queue|server|owner|task|subtask
--                                                         o|queue|owner|server|task|subtask
--
-- Both are derived from the state and change with it. Whoever reads an entry looks at the state first: one that is not
-- true (an older version does not keep these sets) is removed. The reaper looks at some now and then.

local ENTRY = '^([rp])|([^|]*)|([^|]*)|([^|]*)|(%d)|(%d+)|([^|]*)|(.*)$'
local RUN = '^[so]|[^|]*|[^|]*|[^|]*|([^|]*)|(.*)$'

-- Above every byte that a name has in UTF-8.
local TOP = '\255'

-- The reaper looks at so many entries of each, one time in so many.
local SAMPLE, ONE_IN = 2, 20
-- How often it came by, by prefix: remembered by the server, so that it costs an idle one nothing.
local visits = {}

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
    redis.call('ZREM', call.prefix .. ':line', 'r|' .. entry, 'p|' .. entry)
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
