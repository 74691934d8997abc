-- Steering: the priority of a task that is there already, and the brake on all of them.
--
-- <prefix>:brake  hash  by, at, reason, tasks: while it is there, nothing is claimed, planned or sent again. It has no
--                       end of its own, and outlives every process.

function braked(call)
  if call.brake == nil then call.brake = redis.call('EXISTS', call.prefix .. ':brake') == 1 end
  return call.brake
end

-- A step that was refused for the brake: its message is spent, so the reaper looks at it soon, and does so until it may go.
function wait_for_release(task, it)
  if it then
    it.resends = 0
    changed(task, it)
  end
  schedule(task, it and it.id or '', task.call.at + task.call.stale)
end

-- Of a subtask that waits in line, with the priority that its task has.
local function leave_line(task, it)
  local entry = waiting_entry(task, it)
  redis.call('ZREM', task.call.prefix .. ':line', 'r|' .. entry, 'p|' .. entry)
end

-- id priority by → ok | same | closed, deliveries: what is ready is sent once more, with the new priority. A canvas
-- carries the old one, so it is given up: whoever makes a subtask ready sends it.
export('set_priority', function(call, args)
  local task, priority = open(call, args[1]), tonumber(args[2])
  if not task or halted(task) then return {'closed', {}} end
  if task.priority == priority then return {'same', {}} end
  local ready = {}
  each_node(task, function(it)
    if it.status == SUBTASK.ready then
      leave_line(task, it)
      ready[#ready + 1] = it
    end
    if not it.passed then
      it.passed = true
      changed(task, it)
    end
  end)
  task.priority, task.direct = priority, 1
  emit(task, 'log', nil, 'priority ' .. int(priority) .. ' by ' .. args[3], '{"priority":' .. int(priority) .. '}')
  for _, it in ipairs(ready) do hand_over(task, it) end
  if redis.call('ZREM', call.prefix .. ':queued', task.id) == 1 then
    enqueue(task)
    let_in(call)
  elseif task.step == STEP.due and task.status ~= TASK.paused then
    send(task, '', 'planner')
  end
  return {'ok', call.out}
end)

-- by reason tasks → 1 | 0: 0 where it is on already; the tasks are those that were paused with it
export('brake', function(call, args)
  if braked(call) then return 0 end
  call.changed = true
  redis.call('HSET', call.prefix .. ':brake', 'by', args[1], 'reason', args[2], 'at', int(call.at), 'tasks', args[3])
  return 1
end)

-- → 1 | 0, the tasks that were paused with it
export('release', function(call)
  call.changed = braked(call)
  local tasks = redis.call('HGET', call.prefix .. ':brake', 'tasks') or ''
  return {redis.call('DEL', call.prefix .. ':brake'), tasks}
end)
