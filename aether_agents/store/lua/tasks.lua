-- What is stored, and tasks as tables: read when first asked for, changed here only, with the event of each change.
-- Every hash field that any of these files uses stands below, in backticks or as `x:n` (one letter): tests/house/test_legend.py.
--
-- A call opens tasks and nodes (subtasks) as tables, changes the tables, and `export` writes back what changed. Time
-- is the server's. Statuses and arrows (SUBTASK, TASK, SUBTASK_ARROWS, TASK_ARROWS, TERMINAL …) are rendered above
-- from contracts/status.py, FORM from store/client/migrations.py.
--
-- Texts of people, plans, tools and servers are sealed wherever they stand; this library hands them on and reads none.
-- An answer is believed by nobody here: whoever acts on it opens it (store/interventions/answers.py).
--
-- <prefix>:task:<id>            hash    the task: TASK_FIELDS (`share`: thousandths done, as last told; `tries`: calls made again), sealed `task` and `plan`, `about` the plan, sealed `answer`
--                                       to what is asked about it, sealed `head` (store/client/head.py), `fault`: "<n> <sealed>",
--                                       the subtask (or none) that failed it and why; `planners_lost`
--                                       while they planned it; `undone`, `reruns`: the tasks that put it back, and
--                                       `retry:ID` and `fork:ID` of those that ran it again (reruns.lua)
--                                       `rests:` a server: the silence of it that was last said here (circuits.lua)
--                                       `error_code`: why it failed, in a word; `overtime`: what it says when its deadline
--                                       passes; `postponed`: what its planner waits for, as last said; `trace`: of who
--                                       asked; `asked_at`; `question` of versions before: only taken out
-- <prefix>:task:<id>:subtasks   hash    per subtask n   s:n  NODE state    w:n  "queue flags successor,successor"
--                                                       d:n  sealed document    o:n  sealed outcome
--                                       where needed    i:n  id of what is asked    a:n  sealed answer
--                                                       p:n  sealed question to ask when all it needs has ended
--                                                       c:n  how many children it fanned out to
--                                                       h:n  "next last" of the children still held back
--                                                       x:n  how many workers were lost while they ran it
--                                                       r:n  what a worker remembers of a run (forgotten.lua)
--                                                       k:n  the epoch in which a person said yes to what may have run
--                                       per question    q:<its id>  sealed, or the code `lost`
--                                                       y:<its id>  sealed: who said yes, where several are wanted
--                                                       v:n  the server it calls
--                                                       l:n  how its cancelled call ended, later
-- <prefix>:task:<id>:events     stream  ids are <seq>-0
-- <prefix>:task:<id>:waiting    zset    subtasks that wait for a person, by the number of their question
-- <prefix>:epoch hash, :witnesses zset: which server this is, and who may know what it forgot (epoch.lua)
--                               `server`, its `number` among those seen, `since` when, who is `unheard`, and `salt`
-- <prefix>:line zset, :runs zset: what is ready and what runs, by server and owner (lines.lua)
-- <prefix>:arrived              hash    by queue|priority, when the latest was ready whose message has come (lines.lua)
-- <prefix>:active set, :queued zset, :slots number, :turns hash: who may plan and run (admission.lua)
--                               of :turns, `arrivals`: how many tasks have come; else by owner and by class
-- <prefix>:circuit:<server>     hash    `late`: calls in a row that came late; `till` when it is tried; `opened`, `rest`,
--                               `wait`, `asked` (circuits.lua)
-- <prefix>:brake                hash    `by` whom, `reason`, `at` when, and the `tasks` that it holds (steering.lua)
-- <prefix>:audit:head           hash    `number` and `link` of the last entry, `ended` tasks up to which they are taken,
--                                       `marked` and `marked_at`, `anchor` (chain.lua)
-- <prefix>:spent:<day>          hash    calls and their cost of that UTC day, against limits that stop (limits.lua); of a
--                                       task its own `called` and `cost`
-- <prefix>:models:<day>         hash    `tokens` and `money` that language models took that day (models.lua)
-- <prefix>:asked                zset    <id>|<n> what a person was asked, by when; of the whole task <id>|
-- <prefix>:due                  zset    <id>|<n> one time per open step: ready = re-send, running = lease, retrying
--                                       <id>|  the planner's step   <id>|!  the deadline   <id>|~  expired: forget it
--                                       <id>|?  whether every open step of it is here
--
-- flags of a node: a approval first, u unrepeatable, k its failure lets the plan go on, J join of its children, - none

local exports = {}

local NUMBERS = {'seq', 'created', 'finished', 'total', 'left', 'busy', 'token', 'resends', 'priority', 'budget',
                 'deadline', 'keep', 'asked', 'bad', 'degraded', 'approved', 'direct', 'form',
                 'epoch', 'again', 'share', 'tries'}
local TEXTS = {'status', 'step', 'halt', 'error', 'question_id', 'owner'}
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

-- Milliseconds between two looks whether each open step of a task that runs is among those to be looked at.
local LOOK_OVER = 60000

local function int(number)
  return string.format('%.0f', number)
end

local tally, count_task, count_subtask, count_failure, write_tallies  -- counts.lua
local let_in                                            -- admission.lua
local epoch                                             -- epoch.lua
local stand_in_line, keep_count                         -- lines.lua
local braked, wait_for_release                          -- steering.lua

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function base(call, id)
  return call.prefix .. ':task:' .. id
end

local function open(call, id)
  local known = call.tasks[id]
  if known then return known end
  local key = base(call, id)
  local values = redis.call('HMGET', key, unpack(TASK_FIELDS))
  if not values[1] then return nil end
  local task = {id = id, call = call, key = key, subtasks = key .. ':subtasks', events = key .. ':events',
                waiting = key .. ':waiting', nodes = {}, changed = {}, was = {}}
  for i = 1, #TASK_FIELDS do
    local name, value = TASK_FIELDS[i], values[i]
    if i <= #TEXTS then value = value or '' else value = value and tonumber(value) or 0 end
    task[name], task.was[name] = value, value
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

-- `message` and `data` are labels, which everybody may read; `said` is the sealed text that belongs to them.
local function emit(task, kind, node, message, data, said)
  local now = epoch(task.call).number
  if task.epoch ~= now then  -- what followers saw beyond this number is forgotten, and those numbers come again
    task.epoch, task.again = now, task.seq
  end
  task.seq = task.seq + 1
  local share = 0
  if task.total > 0 then share = math.floor(1000 * (task.total - task.left) / task.total) end
  if kind == 'task.completed' then share = 1000 end
  task.share = math.max(task.share, share)  -- what fans out makes more to do, and undoes nothing
  redis.call('XADD', task.events, int(task.seq) .. '-0', 't', kind, 's', node and node.id or '', 'q',
    node and node.queue or '', 'a', int(task.call.at), 'u', task.status, 'p', int(task.share), 'm', message or '', 'd',
    data or '', 'x', said or '')
end

-- What an event says of a question: who has the key finds it under its id.
local function asks(id, subtask)
  local whose = subtask and ',"subtask_id":' .. cjson.encode(subtask) or ''
  return '{"intervention":{"id":' .. cjson.encode(id) .. whose .. '}}'
end

local function schedule(task, step, at)
  redis.call('ZADD', task.call.prefix .. ':due', int(at), task.id .. '|' .. step)
end

local function unschedule(task, step)
  redis.call('ZREM', task.call.prefix .. ':due', task.id .. '|' .. step)
end

local function take_slot(task)
  redis.call('SADD', task.call.prefix .. ':active', task.id)
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  task.deadline = task.call.at + task.budget
  schedule(task, '!', task.deadline)
  schedule(task, '?', task.call.at + LOOK_OVER)
end

local function drop_slot(task)
  if redis.call('SREM', task.call.prefix .. ':active', task.id) == 1 then let_in(task.call) end
  if task.deadline == 0 then return end  -- it was let in and has not begun
  task.budget = math.max(0, task.deadline - task.call.at)
  task.deadline = 0
  unschedule(task, '!')
  unschedule(task, '?')
end

-- The only place where a task's status changes.
local function turn_task(task, status, kind, message, data, said)
  if not TASK_ARROWS[task.status][status] then
    error('task ' .. task.id .. ': no arrow from ' .. task.status .. ' to ' .. status)
  end
  local held, holds = HOLDS_SLOT[task.status], HOLDS_SLOT[status]
  count_task(task, task.status, status)
  task.status = status
  if holds and not held then take_slot(task) elseif not holds then drop_slot(task) end
  emit(task, kind, nil, message, data, said)
end
