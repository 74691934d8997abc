-- Calls that end as another one did: nobody may make any call of their server any more.

-- What of a subtask's server is still to be called in its task, and would end at once. What waits for others' outcomes
-- does not: its condition may still say that it is not called. Held back children of a fan-out wait for nothing.
local function would_end(task, like, it)
  if it.server ~= like.server or has(it, 'J') or it.id == like.id then return false end
  if it.status == SUBTASK.pending then return string.find(it.id, '#%d+$') ~= nil end
  if it.status == SUBTASK.waiting then return not it.lost end
  return it.status == SUBTASK.ready or it.status == SUBTASK.retrying
end

-- Whether all children of a fan-out that are held back end; then none of them is let go one by one.
local function all_held(task, parent, outcomes)
  local held = redis.call('HGET', task.subtasks, 'h:' .. parent)
  if not held then return true end
  local next, last = string.match(held, '^(%d+) (%d+)$')
  for at = tonumber(next), tonumber(last) do
    if not outcomes[parent .. '#' .. int(at)] then return false end
  end
  redis.call('HDEL', task.subtasks, 'h:' .. parent)
  return true
end

-- id subtask → (subtask)*: whose calls would end as that one's did
export('alike', function(call, args)
  local task = open(call, args[1])
  local like = task and node(task, args[2])
  local found = {}
  if not like or like.server == '' or halted(task) then return found end
  each_node(task, function(it)
    if would_end(task, like, it) then found[#found + 1] = it.id end
  end)
  return found
end)

-- id subtask label data (subtask outcome)* → how many ended, deliveries: in one step, and said once
export('end_alike', function(call, args)
  local task = open(call, args[1])
  local like = task and node(task, args[2])
  if not like or halted(task) then return {0, {}} end
  local outcomes, ended_now, held = {}, 0, {}
  for at = 5, #args, 2 do outcomes[args[at]] = args[at + 1] end
  for at = #args - 1, 5, -2 do  -- the last first: no child is let go that ends a moment later
    local it = node(task, args[at])
    local parent = it and string.match(it.id, '^(.*)#%d+$')
    if parent and held[parent] == nil then held[parent] = all_held(task, parent, outcomes) end
    if it and would_end(task, like, it) and (it.status ~= SUBTASK.pending or held[parent]) then
      redis.call('HSET', task.subtasks, 'o:' .. it.id, outcomes[it.id])
      pass_by(task, it)
      close(task, it, SUBTASK.failed, args[3], args[4])
      ended_now = ended_now + 1
    end
  end
  if ended_now > 0 then
    emit(task, 'log', like, int(ended_now) .. ' further calls of the server `' .. like.server .. '` end for the same reason')
  end
  return {ended_now, call.out}
end)
