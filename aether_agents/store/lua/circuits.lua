-- A server that lets calls time out in a row, or does not answer when it is started: its circuit is open.
--
-- Then none of its calls holds a thread and none waits without a word: they are *held*. One is tried after each rest. What
-- has been held for long enough fails with the reason, without a call. Any answer closes the circuit, and what is held is
-- sent at once. A held subtask is ready, and its message is spent.
--
-- <prefix>:circuit:<server>  hash  late: time-outs in a row, till: when (ms) a call may be tried again, opened: since when
--   it is open, rest: ms between two tries, wait: ms a call is held at most, asked: until when no other is sent to try it.
--   It expires. Without `wait` a version opened it that holds nothing.

local circuits = {fields = {'late', 'till', 'opened', 'rest', 'wait', 'asked'}}

-- Held subtasks that an answer sends at once; more of them are sent when their time comes.
circuits.released = 200

-- What is known of a server's circuit.
function circuits.of(call, server)
  local known = call.circuits[server]
  if not known then
    known = {}
    local values = redis.call('HMGET', call.prefix .. ':circuit:' .. server, unpack(circuits.fields))
    for i, name in ipairs(circuits.fields) do known[name] = tonumber(values[i] or 0) end
    known.holds = values[5] and known.till > 0
    call.circuits[server] = known
  end
  return known
end

-- Until when (ms) the call of a subtask is held. Nil when it may run; and then, if it has been held for long enough, how many
-- calls in a row its server left unanswered: it fails.
function circuits.held_till(task, it)
  local call, server = task.call, server_of(it)
  local circuit = server ~= '' and circuits.of(call, server)
  if not circuit or not circuit.holds then return nil end
  local last = math.max(circuit.opened, task.created + it.since) + circuit.wait
  local rests = circuit.till > call.at
  if not rests and count_runs(call, 's', it.queue, server) == 0 then return nil end  -- it is the one that is tried
  if last <= call.at then return nil, circuit.late end
  return math.min(rests and circuit.till or call.at + circuit.rest, last)
end

function circuits.entry(task, it)
  return 'h|' .. waiting_entry(task, it)
end

-- Its message is spent; its task says so once for each server and each time that it is silent.
function circuits.hold(task, it, till)
  local server = server_of(it)
  local circuit, said = circuits.of(task.call, server), 'rests:' .. server
  if not it.passed then pass_by(task, it) end
  redis.call('ZREM', task.call.prefix .. ':line', 'p|' .. waiting_entry(task, it))  -- it takes no message of another
  redis.call('ZADD', task.call.prefix .. ':line', 0, circuits.entry(task, it))
  schedule(task, it.id, till)
  tally(task.call, 'parked|' .. it.queue)
  if redis.call('HGET', task.key, said) == int(circuit.opened) then return end
  redis.call('HSET', task.key, said, int(circuit.opened))
  emit(task, 'log', it, 'waits for the server `' .. server .. '`, which did not answer ' .. int(circuit.late) .. ' calls in a row: '
    .. 'it is tried every ' .. int(circuit.rest / 1000) .. ' s, and what has waited ' .. int(circuit.wait / 1000) .. ' s for it fails')
end

function circuits.holds(task, it)
  return redis.call('ZSCORE', task.call.prefix .. ':line', circuits.entry(task, it)) and true or false
end

-- Sends what was held; from then on it is as any other that is ready.
function circuits.let_go(task, it, out)
  redis.call('ZREM', task.call.prefix .. ':line', circuits.entry(task, it))
  it.resends = 0
  changed(task, it)
  schedule(task, it.id, task.call.at + task.call.stale)
  for _, part in ipairs({task.id, it.id, it.queue, int(task.priority)}) do out[#out + 1] = part end
end

-- The time of a held subtask has come: one at a time is sent to try the server, and all that has waited long enough.
function circuits.look_at(task, it)
  local call, circuit = task.call, circuits.of(task.call, server_of(it))
  local till, gives_up = circuits.held_till(task, it)
  if not till and not gives_up and circuit.holds then
    if circuit.asked > call.at then till = call.at + circuit.rest
    else
      circuit.asked = call.at + call.stale
      redis.call('HSET', call.prefix .. ':circuit:' .. server_of(it), 'asked', int(circuit.asked))
    end
  end
  if till then schedule(task, it.id, till) else circuits.let_go(task, it, call.out) end
end

-- A server answers again: what is held for it is sent.
function circuits.release(call, queue, server)
  local from = 'h|' .. queue .. '|' .. server .. '|'
  for _, member in ipairs(redis.call('ZRANGEBYLEX', call.prefix .. ':line', '[' .. from, '(' .. from .. TOP, 'LIMIT', 0, circuits.released)) do
    local entry = read_entry(call, member)
    if entry then circuits.let_go(entry.task, entry.it, call.out) end
  end
end

-- The result of the call of a server: time-outs in a row (`most`) open its circuit, and any answer closes it.
function circuits.hear(task, it, heard, most, rest, wait)
  local server = server_of(it)
  if server == '' or heard == '' then return end
  local call, key = task.call, task.call.prefix .. ':circuit:' .. server
  local circuit = circuits.of(call, server)
  if heard == 'answer' then
    if circuit.late == 0 then return end
    redis.call('DEL', key)
    call.circuits[server] = nil
    if circuit.till == 0 then return end
    emit(task, 'log', it, 'the server `' .. server .. '` answers again')
    circuits.release(call, it.queue, server)
    return
  end
  circuit.late, circuit.rest, circuit.wait = circuit.late + 1, rest, wait
  if circuit.late >= most then
    if circuit.till <= call.at then  -- said once, not by each call that was under way
      emit(task, 'log', it, 'the server `' .. server .. '` did not answer ' .. int(circuit.late) .. ' calls in a row: its calls '
        .. 'wait, one is tried every ' .. int(rest / 1000) .. ' s, and what has waited ' .. int(wait / 1000) .. ' s for it fails')
      redis.call('HSET', task.key, 'rests:' .. server, int(circuit.opened > 0 and circuit.opened or call.at))
    end
    if circuit.opened == 0 then circuit.opened = call.at end
    circuit.till, circuit.holds = call.at + rest, true
  end
  redis.call('HSET', key, 'late', int(circuit.late), 'till', int(circuit.till), 'opened', int(circuit.opened), 'rest', int(rest), 'wait', int(wait))
  redis.call('PEXPIRE', key, int(10 * rest + wait + 600000))
end
