-- What a change of one subtask does to the others: who is sent, asked, counted down, skipped, released.

-- No message on its way will bring this subtask, nor anything after it: the canvas was cut here. What is pending and
-- passed by has only such successors, so the walk ends early: over a whole task it costs no more than its edges.
local function pass_by(task, it)
  it.passed = true
  changed(task, it)
  local stack = {it}
  while #stack > 0 do
    for id in successors(table.remove(stack)) do
      local after = node(task, id)
      if after.status == SUBTASK.pending and not after.passed then
        after.passed = true
        changed(task, after)
        stack[#stack + 1] = after
      end
    end
  end
end

local function send(task, step, queue)
  local out = task.call.out
  out[#out + 1] = task.id
  out[#out + 1] = step
  out[#out + 1] = queue
  out[#out + 1] = int(task.priority)
end

-- A ready subtask: the reaper looks at it again, and it is sent now if nothing on its way will bring it. In a paused
-- task neither: `resume` does both.
local function hand_over(task, it)
  if task.status == TASK.paused then
    unschedule(task, it.id)
    return
  end
  schedule(task, it.id, task.call.at + task.call.stale)
  if it.passed then send(task, it.id, it.queue) end
end

local function make_ready(task, it, message)
  turn(task, it, SUBTASK.ready)
  it.resends = 0
  emit(task, 'subtask.ready', it, message)
  hand_over(task, it)
end

-- Puts a question to a person. `body` is the JSON of the intervention without its id.
local function ask(task, it, body)
  turn(task, it, SUBTASK.waiting)
  task.asked = task.asked + 1
  local question = '{"id":"' .. it.id .. '.' .. int(task.asked) .. '",' .. string.sub(body, 2)
  redis.call('HSET', task.subtasks, 'i:' .. it.id, question)
  redis.call('ZADD', task.waiting, int(task.asked), it.id)
  emit(task, 'subtask.waiting', it, '', '{"intervention":' .. question .. '}')
end

local MAY_HAVE_RUN = '{"kind":"choice","prompt":"The worker was lost while this ran, so it may have run, and running '
  .. 'it twice is not safe. Retry, skip or fail?","choices":["retry","skip","fail"],"subtask_id":'

-- A run of which nobody says what it came to: it is made again, or, where that is not safe, a person is asked.
local function take_back(task, it, message)
  pass_by(task, it)
  if has(it, 'u') and not has(it, 'J') then
    it.lost = true
    ask(task, it, MAY_HAVE_RUN .. cjson.encode(it.id) .. '}')
  else
    it.token = it.token + 1  -- what the lost run still says no longer counts
    make_ready(task, it, message)
  end
end

-- All it needs has ended.
local function open_up(task, it)
  if has(it, 'a') and not it.answered and not has(it, 'J') then
    ask(task, it, redis.call('HGET', task.subtasks, 'i:' .. it.id))
  else
    make_ready(task, it)
  end
end

local ENDED = {[SUBTASK.completed] = 'subtask.completed', [SUBTASK.failed] = 'subtask.failed',
               [SUBTASK.skipped] = 'subtask.skipped', [SUBTASK.cancelled] = 'subtask.cancelled'}

-- A child of a fan-out has ended: the next one that was held back may go.
local function release_held(task, parent)
  local held = redis.call('HGET', task.subtasks, 'h:' .. parent)
  if not held then return end
  local next, last = string.match(held, '^(%d+) (%d+)$')
  local child = node(task, parent .. '#' .. next)
  if next == last then
    redis.call('HDEL', task.subtasks, 'h:' .. parent)
  else
    redis.call('HSET', task.subtasks, 'h:' .. parent, int(next + 1) .. ' ' .. last)
  end
  if child and child.status == SUBTASK.pending then
    child.need = 0
    open_up(task, child)
  end
end

local function note_fault(task, it, message)
  if has(it, 'k') then
    task.degraded = 1
    return
  end
  task.bad = 1
  if task.error == '' then task.error = it.id .. ': ' .. (message or 'cancelled') end
end

-- Ends a subtask and carries the news to what follows: counts down, skips, opens.
local function close(task, it, status, message, data)
  turn(task, it, status)
  emit(task, ENDED[status], it, message, data)
  if halted(task) then return end
  if status == SUBTASK.failed or status == SUBTASK.cancelled then note_fault(task, it, message) end
  local stack = {it}
  while #stack > 0 do
    local done = table.remove(stack)
    local good = done.status == SUBTASK.completed or (done.status == SUBTASK.failed and has(done, 'k'))
    local parent = string.match(done.id, '^(.*)#%d+$')
    if parent then release_held(task, parent) end
    for id in successors(done) do
      local after = node(task, id)
      if after.status == SUBTASK.pending then
        after.need = after.need - 1
        changed(task, after)
        if not good and id ~= parent then  -- a join sees what became of its children and says so itself
          turn(task, after, SUBTASK.skipped)
          emit(task, 'subtask.skipped', after, done.id .. ' did not complete')
          stack[#stack + 1] = after
        elseif after.need == 0 then
          open_up(task, after)
        end
      end
    end
  end
end

-- Brings a task to its end: nothing of it is opened again, what does not run is cancelled now, what runs closes
-- itself, or is closed when its lease ends.
local function halt(task, how, message)
  task.halt = how
  task.error = message or ''
  task.step = STEP.over
  task.question_id = ''
  unschedule(task, '')
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  local running = {}
  each_node(task, function(it)
    if it.status == SUBTASK.running then running[#running + 1] = it.id
    else close(task, it, SUBTASK.cancelled) end
  end)
  if #running > 0 then emit(task, 'log', nil, task.error .. '; still running: ' .. table.concat(running, ', ', 1, math.min(#running, 10))) end
  return running
end
