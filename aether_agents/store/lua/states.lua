-- The state of tasks and subtasks: how it is read, changed and written back, and the event that goes with each change.
--
-- A call opens tasks and nodes (subtasks) as tables, changes the tables, and `export` writes back what changed. Time
-- is the server's. Statuses and arrows (SUBTASK, TASK, SUBTASK_ARROWS, TASK_ARROWS, TERMINAL …) are rendered above
-- from contracts/status.py.
--
-- <prefix>:task:<id>            hash    the task: TASK_FIELDS, sealed `task` and `plan`, `about` the plan, `question`
-- <prefix>:task:<id>:subtasks   hash    per subtask n   s:n  NODE state    w:n  "queue flags successor,successor"
--                                                       d:n  sealed document    o:n  sealed outcome
--                                       where needed    i:n  what is asked    h:n  "next last" held-back children
-- <prefix>:task:<id>:events     stream  ids are <seq>-0
-- <prefix>:task:<id>:waiting    zset    subtasks that wait for a person, by the number of their question
-- <prefix>:due                  zset    <id>|<n> one time per open step: ready = re-send, running = lease, retrying
--                                       <id>|  the planner's step   <id>|!  the deadline   <id>|~  expired: forget it
--
-- flags of a node: a approval first, u unrepeatable, k its failure lets the plan go on, J join of its children, - none

local exports = {}

local NUMBERS = {'seq', 'created', 'finished', 'total', 'left', 'busy', 'token', 'resends', 'priority', 'budget',
                 'deadline', 'keep', 'asked', 'bad', 'degraded', 'approved', 'direct'}
local TEXTS = {'status', 'step', 'halt', 'error', 'question_id'}
local TASK_FIELDS = {}
for i = 1, #TEXTS do TASK_FIELDS[#TASK_FIELDS + 1] = TEXTS[i] end
for i = 1, #NUMBERS do TASK_FIELDS[#TASK_FIELDS + 1] = NUMBERS[i] end

-- The planner's step of a task.
local STEP = {due = 'due', held = 'held', waiting = 'waiting', over = 'over'}

-- In these the task holds an admission slot and its clock runs.
local HOLDS_SLOT = {[TASK.planning] = true, [TASK.running] = true}

-- A subtask in one of these goes on without a person.
local BUSY = {[SUBTASK.ready] = true, [SUBTASK.running] = true, [SUBTASK.retrying] = true}

-- Reports of progress and logs stop here, so that no stream grows without end; changes of status never stop.
local TALK_MAX = 50000

local function int(number)
  return string.format('%.0f', number)
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function base(call, id)
  return call.prefix .. ':task:' .. id
end

-- ---------------------------------------------------------------------------------------------- tasks

local function open(call, id)
  local known = call.tasks[id]
  if known then return known end
  local key = base(call, id)
  local values = redis.call('HMGET', key, unpack(TASK_FIELDS))
  if not values[1] then return nil end
  local task = {id = id, call = call, key = key, subtasks = key .. ':subtasks', events = key .. ':events',
                waiting = key .. ':waiting', nodes = {}, changed = {}, was = {}}
  for i = 1, #TASK_FIELDS do
    local name, value = TASK_FIELDS[i], values[i] or ''
    task.was[name] = value
    if i <= #TEXTS then task[name] = value else task[name] = tonumber(value) or 0 end
  end
  call.tasks[id] = task
  call.opened[#call.opened + 1] = task
  return task
end

local function ended(task)
  return TERMINAL_TASK[task.status]
end

local function halted(task)
  return task.halt ~= '' or ended(task)
end

local function emit(task, kind, node, message, data)
  task.seq = task.seq + 1
  local share = 0
  if task.total > 0 then share = math.floor(1000 * (task.total - task.left) / task.total) end
  if kind == 'task.completed' then share = 1000 end
  redis.call('XADD', task.events, int(task.seq) .. '-0', 't', kind, 's', node and node.id or '', 'q',
    node and node.queue or '', 'a', int(task.call.at), 'u', task.status, 'p', int(share), 'm', message or '', 'd',
    data or '')
end

local function schedule(task, step, at)
  redis.call('ZADD', task.call.prefix .. ':due', int(at), task.id .. '|' .. step)
end

local function unschedule(task, step)
  redis.call('ZREM', task.call.prefix .. ':due', task.id .. '|' .. step)
end

-- ---------------------------------------------------------------------------------------------- admission

local function wake_next(call)
  local first = redis.call('ZRANGE', call.prefix .. ':queued', 0, 0)[1]
  if first then redis.call('ZADD', call.prefix .. ':due', int(call.at), first .. '|') end
end

local function take_slot(task)
  redis.call('SADD', task.call.prefix .. ':active', task.id)
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  task.deadline = task.call.at + task.budget
  schedule(task, '!', task.deadline)
end

local function drop_slot(task)
  redis.call('SREM', task.call.prefix .. ':active', task.id)
  task.budget = math.max(0, task.deadline - task.call.at)
  task.deadline = 0
  unschedule(task, '!')
  wake_next(task.call)
end

-- The only place where a task's status changes.
local function turn_task(task, status, kind, message, data)
  if not TASK_ARROWS[task.status][status] then
    error('task ' .. task.id .. ': no arrow from ' .. task.status .. ' to ' .. status)
  end
  local held, holds = HOLDS_SLOT[task.status], HOLDS_SLOT[status]
  task.status = status
  if holds and not held then take_slot(task) elseif held and not holds then drop_slot(task) end
  emit(task, kind, nil, message, data)
end

-- ---------------------------------------------------------------------------------------------- subtasks

local NODE = '^(%a) (%d+) (%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d) (%d)$'

local function node(task, id)
  local known = task.nodes[id]
  if known then return known end
  local found = redis.call('HMGET', task.subtasks, 's:' .. id, 'w:' .. id)
  if not found[1] then return nil end
  local status, need, passed, token, resends, attempts, since, started, lost, answered = string.match(found[1], NODE)
  local queue, flags, successors = string.match(found[2], '^(%S+) (%S+) ?(.*)$')
  local made = {id = id, status = status, need = tonumber(need), passed = passed == '1', token = tonumber(token),
                resends = tonumber(resends), attempts = tonumber(attempts), since = tonumber(since),
                started = tonumber(started), lost = lost == '1', answered = answered == '1',
                queue = queue, flags = flags, successors = successors}
  task.nodes[id] = made
  return made
end

local function changed(task, it)
  if not it.changed then
    it.changed = true
    task.changed[#task.changed + 1] = it
  end
end

local function add_node(task, id, wiring, need, passed, document)
  local queue, flags, successors = string.match(wiring, '^(%S+) (%S+) ?(.*)$')
  local made = {id = id, status = SUBTASK.pending, need = need, passed = passed, token = 0, resends = 0, attempts = 0,
                since = 0, started = 0, lost = false, answered = false,
                queue = queue, flags = flags, successors = successors}
  redis.call('HSET', task.subtasks, 'w:' .. id, wiring, 'd:' .. id, document)
  task.nodes[id] = made
  changed(task, made)
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
  if BUSY[it.status] then task.busy = task.busy - 1 end
  if BUSY[status] then task.busy = task.busy + 1 end
  if it.status == SUBTASK.waiting then redis.call('ZREM', task.waiting, it.id) end
  if status == SUBTASK.waiting or status == SUBTASK.pending then unschedule(task, it.id) end
  if TERMINAL_SUBTASK[status] then
    task.left = task.left - 1
    unschedule(task, it.id)
  end
  it.status = status
  it.since = task.call.at - task.created
  changed(task, it)
end

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

-- ---------------------------------------------------------------------------------------------- ends of calls

local function end_task(task)
  local status, kind = TASK.completed, 'task.completed'
  if task.halt == TASK.cancelled then status, kind = TASK.cancelled, 'task.cancelled'
  elseif task.halt ~= '' or task.bad == 1 then status, kind = TASK.failed, 'task.failed' end
  task.finished = task.call.at
  turn_task(task, status, kind, task.error, task.degraded == 1 and '{"degraded":true}' or nil)
  unschedule(task, '')
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  schedule(task, '~', task.call.at + task.keep)
  task.ends = true
end

-- What a task as a whole is after its subtasks have changed.
local function settle(task)
  if ended(task) or task.step ~= STEP.over then return end
  if task.left == 0 then
    end_task(task)
  elseif task.status == TASK.running and task.busy == 0 then
    local first = redis.call('ZRANGE', task.waiting, 0, 0)[1]
    if first then
      local question = redis.call('HGET', task.subtasks, 'i:' .. first)
      turn_task(task, TASK.waiting, 'task.waiting', '', '{"intervention":' .. question .. '}')
    end
  elseif task.status == TASK.waiting and task.busy > 0 then
    turn_task(task, TASK.running, 'task.running')
  end
end

local function write_back(task)
  for _, it in ipairs(task.changed) do
    redis.call('HSET', task.subtasks, 's:' .. it.id, string.format('%s %d %d %d %d %d %d %d %d %d', it.status,
      it.need, it.passed and 1 or 0, it.token, it.resends, it.attempts, it.since, it.started, it.lost and 1 or 0,
      it.answered and 1 or 0))
  end
  local fields = {}
  for i = 1, #TASK_FIELDS do
    local name = TASK_FIELDS[i]
    local value = task[name]
    if i > #TEXTS then value = int(value) end
    if value ~= task.was[name] and not (value == '0' and task.was[name] == '') then
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
  end
  if #fields > 0 then redis.call('HSET', task.key, unpack(fields)) end
  if task.ends then
    for _, key in ipairs({task.key, task.subtasks, task.events, task.waiting}) do
      redis.call('PEXPIRE', key, int(task.keep))
    end
  end
end

-- Every function of the library: ARGV is stale (ms), lease (ms), then its own arguments.
local function export(name, body)
  exports[name] = function(keys, args)
    local call = {prefix = keys[1], stale = tonumber(table.remove(args, 1)), lease = tonumber(table.remove(args, 1)),
                  at = clock(), tasks = {}, opened = {}, out = {}}
    local fine, reply = pcall(body, call, args)
    for _, task in ipairs(call.opened) do
      if fine and not task.broken then
        settle(task)
        write_back(task)
      else  -- a fault of ours: nothing else is written, but no number is given twice
        redis.call('HSET', task.key, 'seq', int(task.seq))
      end
    end
    if not fine then return redis.error_reply(type(reply) == 'table' and reply.err or tostring(reply)) end
    return reply
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
  return running
end
