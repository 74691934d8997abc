-- A subtask's run: claimed under a lease, completed once, fanned out, put to a person, renewed.
--
-- *Passed by* (`it.passed`, `pass_by` in steps.lua): no message on its way will bring this subtask, nor anything after
-- it. A plan that went out as a canvas has one message per subtask, each sent by Celery when those before it are done. A
-- message that is refused ends its branch there; a fan-out and a subtask claimed without its own message leave it too.
-- What is passed by is sent from here as soon as it is ready (`hand_over`); what is not, its message brings. A plan that
-- went out directly has all of its subtasks passed by from the start.

local function claimable(task, it, queue)
  if not task or not it then return 'gone' end
  if task.form > FORM then return 'newer' end
  if TERMINAL_SUBTASK[it.status] or ended(task) then return 'done' end
  if task.halt ~= '' then return 'halted' end
  if it.queue ~= queue then return 'wrong_queue' end
  if it.status == SUBTASK.running then return 'leased' end
  if it.status == SUBTASK.pending then return 'not_ready' end
  if it.status ~= SUBTASK.ready then return 'waiting' end
  if task.status == TASK.paused then return 'paused' end
  if braked(task.call) then return 'braked' end
  return nil
end

-- A message that was sent with a higher priority than its task has now: the one that was sent when that changed is behind
-- those of others, and brings it. What a canvas brings is not meant: Celery sends the end of a chord with its highest.
local function outranked(task, it, priority)
  return it.passed and priority > task.priority and 'outranked' or nil
end

-- A refusal ends its branch of the canvas: what it would have brought must be sent by whoever makes it ready.
local CUTS = {not_ready = true, waiting = true, paused = true, braked = true}

-- A message refused for these is no thread for another subtask.
local NOBODYS = {newer = true, wrong_queue = true, braked = true}

-- Why a subtask that is ready does not run now: what a worker remembers of it says so. Nil when it may.
local function barred(task, it)
  local call, kept = task.call, nil
  it.document, it.children, kept, it.losses =
    unpack(redis.call('HMGET', task.subtasks, 'd:' .. it.id, 'c:' .. it.id, 'r:' .. it.id, 'x:' .. it.id))
  if kept and go_by_word(task, it, kept) then
    for _, part in ipairs(call.out) do call.freed[#call.freed + 1] = part end
    return it.status == SUBTASK.waiting and 'waiting' or 'done'
  end
  local why = held_up(task, it)
  if why then return why end
  local till
  till, it.silence = circuits.held_till(task, it)
  if till then circuits.hold(task, it, till) end
  return till and 'resting'
end

-- Under a lease: granted token attempts join answered priority document children head answer task|'' subtask|'' losses,
-- and how many calls in a row its server left unanswered, if it is to fail for that.
-- Those two are of a subtask for which no message came here: nothing on its way may bring what comes after it.
local function grant(task, it, other)
  local call = task.call
  if other then pass_by(task, it) end
  local join = has(it, 'J')
  turn(task, it, SUBTASK.running)
  it.token, it.passed, it.lost = next_token(call, it.token), true, false
  task.form = FORM
  if not join then  -- the time of a fan-out is that of its children too
    it.attempts, it.started = it.attempts + 1, it.since
  end
  schedule(task, it.id, call.at + call.lease)
  emit(task, 'subtask.started', it, '', it.attempts > 1 and '{"attempt":' .. int(it.attempts) .. '}' or nil)
  return {'granted', it.token, it.attempts, join and 1 or 0, it.answered and 1 or 0, task.priority,
          it.document, join and it.children or '0', redis.call('HGET', task.key, 'head') or '',
          it.answered and redis.call('HGET', task.subtasks, 'a:' .. it.id) or '',
          other and task.id or '', other and it.id or '', tonumber(it.losses or '0'), it.silence or 0}
end

-- id subtask queue scarce room [priority of its message] → as `grant`, perhaps of another subtask of the queue | <refusal>
export('claim', function(call, args)
  local queue, scarce, room = args[3], args[4] == '1', tonumber(args[5])
  local task = open(call, args[1])
  local it = task and node(task, args[2])
  local asked, refusal = it, claimable(task, it, queue) or outranked(task, it, tonumber(args[6] or -1))
  if refusal then
    if CUTS[refusal] and not it.passed then pass_by(task, it) end
    if refusal == 'braked' then wait_for_release(task, it) end
    if NOBODYS[refusal] then return {refusal} end
    task, it = next_parked(call, queue)
    if not it then return {refusal} end
  else
    arrivals.note(task, it)
  end
  local best = scarce and fairest(task, it, room)
  if best and not barred(best.task, best.it) then
    park(task, it)
    return grant(best.task, best.it, true)
  end
  refusal = barred(task, it)
  return refusal and {refusal} or grant(task, it, it ~= asked)
end)

-- queue room waited_ms left (id subtask)* → as `grant` | nothing. The runs hold all threads of a process and stand: what
-- waits behind them, with more right to a thread than they have, is taken without a message. So many are left for it.
export('take', function(call, args)
  local queue, room, before = args[1], tonumber(args[2]), call.at - tonumber(args[3])
  if braked(call) then return {} end
  local best = entitled(call, holders(call, queue, room, tonumber(args[4]), args, 5), before)
  if not best or barred(best.task, best.it) then return {} end
  return grant(best.task, best.it, true)
end)

-- Whether this token speaks for the subtask: it runs under it, or its lease was lost and nobody else has been granted.
local function speaks(it, token)
  return it.token == token and (it.status == SUBTASK.running or (it.status == SUBTASK.waiting and it.lost))
end

-- Whether a task has made as many calls again as one may; negative: as many as it likes.
local function has_tried_enough(task, it, most)
  if most < 0 or task.tries < most then
    task.tries = task.tries + (most < 0 and 0 or 1)
    return false
  end
  emit(task, 'log', it, 'it is not tried again: ' .. int(most) .. ' calls of its task were, and no more may be')
  return true
end

-- id subtask token status|retry outcome delay_ms label data said heard late rest_ms wait_ms tries
-- → ok|spent|duplicate|stale, deliveries. Spent: it is not tried again, for its task has tried as often as it may, and has failed with this.
export('complete', function(call, args)
  local id, subtask, token, result, outcome, delay, message, data, said, heard, late, rest, wait, tries = unpack(args)
  local task = open(call, id)
  local it = task and node(task, subtask)
  local kind = 'ok'
  token = tonumber(token)
  if not it or (it.token ~= token and not take_up(task, it, token)) then
    local final = it and (result == 'completed' or result == 'failed') and outcome
    local word = {result = result, message = message, data = data, said = said}
    if keep_word(task, subtask, it, token, word, final) then return {'ok', {}} end
    if it and not ended(task) then
      emit(task, 'log', it, 'a late outcome of run ' .. int(count_of(token)) .. ' does not count: ' .. result)
    end
    return {'stale', {}}
  end
  if not speaks(it, token) then return {it.status == SUBTASK.waiting and 'stale' or 'duplicate', {}} end
  it.lost = false
  circuits.hear(task, it, heard, tonumber(late), tonumber(rest), tonumber(wait))
  if result == 'retry' and task.halt == '' and has_tried_enough(task, it, tonumber(tries or -1)) then
    kind, result = 'spent', 'failed'
  end
  if result == 'retry' and task.halt == '' then
    turn(task, it, SUBTASK.retrying)
    pass_by(task, it)
    schedule(task, it.id, call.at + tonumber(delay))
    emit(task, 'subtask.retrying', it, message, data, said)
    return {'ok', call.out}
  end
  if result == 'retry' then result = 'cancelled' end  -- a halted task only closes
  if result == 'cancelled' and task.halt == '' then  -- nobody cancelled it: its process gave it up
    if it.status == SUBTASK.waiting then it.lost = true
    else take_back(task, it, 'it was broken off, though nobody cancelled it: it runs again') end
    return {'ok', call.out}
  end
  redis.call('HSET', task.subtasks, 'o:' .. it.id, outcome)
  if result == 'failed' then count_failure(call, it.queue, message) end
  close(task, it, SUBTASK[result], message, data, said)
  return {kind, call.out}
end)

-- id subtask token: what runs under this token becomes the join of so many children, or why it does not
local function become_join(call, args, count)
  local task = open(call, args[1])
  local it = task and node(task, args[2])
  if not it or it.token ~= tonumber(args[3]) or it.status ~= SUBTASK.running then return 'stale' end
  if task.halt ~= '' then
    close(task, it, SUBTASK.cancelled)
    return 'halted'
  end
  turn(task, it, SUBTASK.pending)
  it.flags = string.gsub(it.flags, '%-', '') .. 'J'
  redis.call('HSET', task.subtasks, 'w:' .. it.id, it.queue .. ' ' .. it.flags .. ' ' .. it.successors,
    'c:' .. it.id, int(count))
  return nil, task, it
end

-- id subtask token window may_canvas (child wiring document)* → ok|stale|halted, canvas, deliveries
export('fan', function(call, args)
  local window, count = tonumber(args[4]), (#args - 5) / 3
  local refusal, task, it = become_join(call, args, count)
  if refusal then return {refusal, 0, {}} end
  local canvas = args[5] == '1' and task.direct == 0 and window >= count
  it.need = count
  if canvas then it.passed = false else pass_by(task, it) end
  task.total, task.left = task.total + count, task.left + count
  for i = 1, count do
    local at = 3 + 3 * i
    local child = add_node(task, args[at], args[at + 1], i <= window and 0 or 1, not canvas, args[at + 2])
    if i <= window then
      make_ready(task, child)
      schedule(task, child.id, call.at + call.stale + 10 * count)  -- a thousand messages are not sent in a moment
    end
  end
  if window < count then redis.call('HSET', task.subtasks, 'h:' .. it.id, int(window) .. ' ' .. int(count - 1)) end
  if count == 0 then make_ready(task, it) end
  return {'ok', canvas and 1 or 0, call.out}
end)

-- id subtask token question → 1 | 0
export('ask_subtask', function(call, args)
  local task = open(call, args[1])
  local it, token = task and node(task, args[2]), tonumber(args[3])
  if not it or (it.token ~= token and not take_up(task, it, token)) then
    return keep_word(task, args[2], it, token) and 1 or 0
  end
  if it.status ~= SUBTASK.running then return 0 end
  if task.halt ~= '' then
    close(task, it, SUBTASK.cancelled)
    return 0
  end
  ask(task, it, args[4])
  pass_by(task, it)
  return 1
end)

-- id subtask token head_before head_after → ok|changed|stale: what counts of its documents has changed while it runs
export('change_head', function(call, args)
  local task = open(call, args[1])
  local it = task and node(task, args[2])
  if not it or it.token ~= tonumber(args[3]) or it.status ~= SUBTASK.running then return 'stale' end
  return write_head(task, args[4], args[5]) and 'ok' or 'changed'
end)

-- id subtask token data said → 1 | 0
export('progress', function(call, args)
  local task = open(call, args[1])
  local it = task and node(task, args[2])
  if not it or it.token ~= tonumber(args[3]) or it.status ~= SUBTASK.running then return 0 end
  if task.seq < TALK_MAX then emit(task, 'subtask.progress', it, '', args[4], args[5]) end
  return 1
end)

-- id subtask token said → 1 | 0: how a cancelled call ended that might still have been running. Its task may have ended.
export('note_end', function(call, args)
  local task = open(call, args[1])
  local it = task and node(task, args[2])
  if not it then return 0 end
  if it.token == tonumber(args[3]) then
    if it.status == SUBTASK.ready or it.status == SUBTASK.retrying then return 0 end  -- it was given back
    redis.call('HSET', task.subtasks, 'l:' .. it.id, args[4])
  end
  if not ended(task) and task.seq < TALK_MAX then emit(task, 'log', it, 'a cancelled call: ' .. args[4]) end
  return 1
end)

-- id subtask|'' said → 1 | 0
export('log', function(call, args)
  local task = open(call, args[1])
  if not task or ended(task) or task.seq >= TALK_MAX then return 0 end
  emit(task, 'log', args[2] ~= '' and node(task, args[2]) or nil, '', '', args[3])
  return 1
end)

-- (id subtask|'' token)* → (id subtask|'' token)* that are no longer theirs: the worker cancels those calls, and no
-- later run of the same step; (id subtask|'' token)* whose run was lost and that a person is asked about: it goes on, as
-- its result still counts, but nothing new is sent.
export('renew', function(call, args)
  local lost, in_doubt = {}, {}
  for i = 1, #args, 3 do
    local task, step, token = open(call, args[i]), args[i + 1], tonumber(args[i + 2])
    local theirs, waits = task and not halted(task), false
    if theirs and step == '' then
      theirs = task.step == STEP.held and task.token == token
    elseif theirs then
      local it = node(task, step)
      theirs = it and (speaks(it, token) or take_up(task, it, token))
      waits = it and it.status == SUBTASK.waiting
      if not theirs and keep_word(task, step, it, token) then theirs, waits = true, true end
    end
    if theirs and not waits then
      schedule(task, step, call.at + call.lease)
    else
      local told = theirs and in_doubt or lost
      told[#told + 1] = args[i]
      told[#told + 1] = step
      told[#told + 1] = args[i + 2]
    end
  end
  return {lost, in_doubt}
end)
