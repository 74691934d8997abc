-- Subtasks as tables (nodes): read when first asked for, changed here only, written back at the end of the call.

local NODE = '^(%a) (%d+) (%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d) (%d)$'

local function node(task, id)
  local known = task.nodes[id]
  if known then return known end
  local found = redis.call('HMGET', task.subtasks, 's:' .. id, 'w:' .. id, 'v:' .. id)
  if not found[1] then return nil end
  local status, need, passed, token, resends, attempts, since, started, lost, answered = string.match(found[1], NODE)
  local queue, flags, successors = string.match(found[2], '^(%S+) (%S+) ?(.*)$')
  local made = {id = id, status = status, need = tonumber(need), passed = passed == '1', token = tonumber(token),
                resends = tonumber(resends), attempts = tonumber(attempts), since = tonumber(since),
                started = tonumber(started), lost = lost == '1', answered = answered == '1',
                queue = queue, flags = flags, successors = successors, server = found[3] or ''}
  task.nodes[id] = made
  return made
end

local function changed(task, it)
  if not it.changed then
    it.changed = true
    task.changed[#task.changed + 1] = it
  end
end

-- `wiring` is "queue|server flags successor,successor".
local function add_node(task, id, wiring, need, passed, document)
  local queue, server, flags, successors = string.match(wiring, '^([^%s|]+)|(%S*) (%S+) ?(.*)$')
  local made = {id = id, status = SUBTASK.pending, need = need, passed = passed, token = 0, resends = 0, attempts = 0,
                since = 0, started = 0, lost = false, answered = false,
                queue = queue, flags = flags, successors = successors, server = server}
  redis.call('HSET', task.subtasks, 'w:' .. id, queue .. ' ' .. flags .. ' ' .. successors, 'd:' .. id, document)
  if server ~= '' then redis.call('HSET', task.subtasks, 'v:' .. id, server) end
  task.nodes[id] = made
  changed(task, made)
  tally(task.call, 'sub.in|' .. queue .. '|' .. SUBTASK.pending)
  return made
end

local function has(it, flag)
  return string.find(it.flags, flag, 1, true) ~= nil
end

local function successors(it)
  return string.gmatch(it.successors, '[^,]+')
end

local function each_node(task, visit)
  for _, field in ipairs(redis.call('HKEYS', task.subtasks)) do
    if string.sub(field, 1, 2) == 's:' then
      local it = node(task, string.sub(field, 3))
      if not TERMINAL_SUBTASK[it.status] then visit(it) end
    end
  end
end

-- The only place where a subtask's status changes.
local function turn(task, it, status)
  if not SUBTASK_ARROWS[it.status][status] then
    error('task ' .. task.id .. ', subtask ' .. it.id .. ': no arrow from ' .. it.status .. ' to ' .. status)
  end
  keep_count(task, it, status)
  if BUSY[it.status] then task.busy = task.busy - 1 end
  if BUSY[status] then task.busy = task.busy + 1 end
  if it.status == SUBTASK.waiting then
    redis.call('ZREM', task.waiting, it.id)
    redis.call('ZREM', task.call.prefix .. ':asked', task.id .. '|' .. it.id)
  end
  if status == SUBTASK.waiting or status == SUBTASK.pending then unschedule(task, it.id) end
  if TERMINAL_SUBTASK[status] then
    task.left = task.left - 1
    unschedule(task, it.id)
  end
  count_subtask(task, it, it.status, status)
  it.status = status
  it.since = math.max(0, task.call.at - task.created)  -- the server's clock may be set back
  changed(task, it)
end
