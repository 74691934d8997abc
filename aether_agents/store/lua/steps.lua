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

-- With its queue still full, a re-send of the planner's message is put off this often first.
local PUT_OFFS_MAX = 4

-- Stands for the re-sends of a ready subtask whose message is used up: it is sent again also into a full queue.
local SPENT = 9

-- A ready subtask: the reaper looks at it again, and it is sent now if nothing on its way will bring it. In a paused
-- task neither: `resume` does both.
local function hand_over(task, it)
  if task.status == TASK.paused then
    unschedule(task, it.id)
    return
  end
  schedule(task, it.id, task.call.at + task.call.stale)
  stand_in_line(task, it)
  if it.passed then send(task, it.id, it.queue) end
end

local function make_ready(task, it, message)
  turn(task, it, SUBTASK.ready)
  it.resends = 0
  emit(task, 'subtask.ready', it, message)
  hand_over(task, it)
end

-- Keeps what is asked under a number of its own; gives its id.
local function keep_question(task, about, question)
  task.asked = task.asked + 1
  local id = about .. '.' .. int(task.asked)
  redis.call('HSET', task.subtasks, 'q:' .. id, question)
  return id
end

-- Puts a question to a person: a sealed one, or one of those that are the same for everybody (store/interventions/questions.py).
local LOST, FORGOTTEN = 'lost', 'forgotten'
local function ask(task, it, question)
  if it.status ~= SUBTASK.waiting then turn(task, it, SUBTASK.waiting) end
  local id = keep_question(task, it.id, question)
  redis.call('HSET', task.subtasks, 'i:' .. it.id, id)
  redis.call('ZADD', task.waiting, int(task.asked), it.id)
  redis.call('ZADD', task.call.prefix .. ':asked', int(task.call.at), task.id .. '|' .. it.id)
  emit(task, 'subtask.waiting', it, '', asks(id, it.id))
end

-- The id of what a subtask asks. Versions before wrote the whole question there, in clear.
local function asked_of(task, id)
  local text = redis.call('HGET', task.subtasks, 'i:' .. id) or ''
  return string.match(text, '^{"id":"([^"]*)"') or text
end

-- A run of which nobody says its result: it is made again, or, where that is not safe, a person is asked.
local function take_back(task, it, message)
  pass_by(task, it)
  if has(it, 'u') and not has(it, 'J') then
    it.lost = true
    ask(task, it, LOST)
  else
    it.token = next_token(task.call, it.token)  -- what the lost run still says no longer counts
    make_ready(task, it, message)
  end
end

-- All it needs has ended.
local function open_up(task, it)
  local question = has(it, 'a') and not it.answered and not has(it, 'J') and redis.call('HGET', task.subtasks, 'p:' .. it.id)
  if question and redis.call('HEXISTS', task.subtasks, 'r:' .. it.id) == 1 then question = nil end  -- it has run: by its word
  if question then  -- what a version before left in clear is not asked: whoever runs the subtask asks
    redis.call('HDEL', task.subtasks, 'p:' .. it.id)
    ask(task, it, question)
  else
    make_ready(task, it)
  end
end

-- What counts of a task's documents, unless another has just changed that.
local function write_head(task, before, after)
  if (redis.call('HGET', task.key, 'head') or '') ~= before then return false end
  redis.call('HSET', task.key, 'head', after)
  return true
end

local ENDED = {[SUBTASK.completed] = 'subtask.completed', [SUBTASK.failed] = 'subtask.failed',
               [SUBTASK.skipped] = 'subtask.skipped', [SUBTASK.cancelled] = 'subtask.cancelled'}

-- A child of a fan-out has ended: the next one that was held back may go.
local function release_held(task, parent)
  local held = redis.call('HGET', task.subtasks, 'h:' .. parent)
  if not held then return end
  local next, last = string.match(held, '^(%d+) (%d+)$')
  next, last = tonumber(next), tonumber(last)
  local child = node(task, parent .. '#' .. int(next))
  while next < last and (not child or child.status ~= SUBTASK.pending) do  -- taken over from another task: nothing runs
    next = next + 1
    child = node(task, parent .. '#' .. int(next))
  end
  if next == last then
    redis.call('HDEL', task.subtasks, 'h:' .. parent)
  else
    redis.call('HSET', task.subtasks, 'h:' .. parent, int(next + 1) .. ' ' .. int(last))
  end
  if child and child.status == SUBTASK.pending then
    child.need = 0
    open_up(task, child)
  end
end

local function keep_fault(task, id, said)
  if said and said ~= '' then redis.call('HSET', task.key, 'fault', id .. ' ' .. said) end
end

local function note_fault(task, it, message, said)
  if has(it, 'k') then
    task.degraded = 1
    return
  end
  task.bad = 1
  if task.error == '' then
    task.error = it.id .. ': ' .. (message or 'cancelled')
    keep_fault(task, it.id, said)
  end
end

-- Ends a subtask and carries the news to what follows: counts down, skips, opens.
local function close(task, it, status, message, data, said)
  turn(task, it, status)
  emit(task, ENDED[status], it, message, data, said)
  if halted(task) then return end
  if status == SUBTASK.failed or status == SUBTASK.cancelled then note_fault(task, it, message, said) end
  local stack = {it}
  while #stack > 0 do
    local done = table.remove(stack)
    local good = done.status == SUBTASK.completed or (done.status == SUBTASK.failed and has(done, 'k'))
    local parent = string.match(done.id, '^(.*)#%d+$')
    if parent then release_held(task, parent) end
    local first = has(done, 'u') and of_now(task.call, done.token)  -- it was first run now: nothing behind it ever was
    for id in successors(done) do
      local after = node(task, id)
      if after.status == SUBTASK.pending then
        after.need = after.need - 1
        if first then after.token = epoch(task.call).number * RUNS + count_of(after.token) end
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
local function halt(task, how, message, said)
  task.halt = how
  task.error = message or ''
  redis.call('HDEL', task.key, 'fault')
  keep_fault(task, '', said)
  task.step = STEP.over
  task.question_id = ''
  unschedule(task, '')
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  local running = {}
  each_node(task, function(it)
    if it.status == SUBTASK.running then running[#running + 1] = it.id
    else close(task, it, SUBTASK.cancelled) end
  end)
  if #running > 0 then
    local told = 'still running: ' .. table.concat(running, ', ', 1, math.min(#running, 10))
    if not said or said == '' then told = task.error .. '; ' .. told end
    emit(task, 'log', nil, told, nil, said)
  end
  return running
end
