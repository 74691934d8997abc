-- One bulkhead per server and per owner: which of those that wait in a queue has the most right to a free thread.
--
-- Nobody is refused for it. Whoever asks with the last free thread of a process, while somebody with more right waits,
-- gets that one's subtask; its own is parked, and gets the message of the other when that arrives. A process all of whose
-- calls stand takes what waits behind them (`take`). So it costs nothing while threads are free or nobody else waits.

-- Parties (a server and an owner) that are looked at for one thread, and parked subtasks.
local LOOK_AT = 16

-- How many calls of a server run while another's work waits: none while it rests, then one, to see how it is.
local function room_of(call, server, usual)
  local circuit = circuits.of(call, server)
  if circuit.till == 0 then return usual end
  return circuit.till > call.at and 0 or 1
end

-- Whether one that waits has more right to a thread than `mine` (a server and an owner, with how much runs of each). A join,
-- which calls no server, has none over its owner's calls: what is parked for it would wait for the end of the queue. Of
-- the threads beside a process it gets one only while more are left than it has runs: there is one for the next.
local function outranks(call, other, mine)
  local queue = mine.queue
  if other.server ~= '' and other.server ~= mine.server then
    other.runs = count_runs(call, 's', queue, other.server)
    if other.runs >= room_of(call, other.server, mine.usual) and circuits.of(call, other.server).till > 0 then return false end
  end
  local calls = other.server ~= '' or mine.left < math.huge
  if calls and other.server ~= mine.server and mine.full and (other.runs or 0) < mine.left then
    if mine.rests or ((other.runs or 0) < mine.runs and other.priority >= mine.priority) then return true end
  end
  if other.owner == mine.owner or (other.priority < mine.priority) then return false end
  other.owned = count_runs(call, 'o', queue, other.owner)
  if other.owned >= math.min(mine.owned, mine.left) then return false end
  return other.server == mine.server or (other.runs or 0) < mine.usual
end

local function comes_before(one, other)
  if one.priority ~= other.priority then return one.priority > other.priority end
  local own, others = one.owned or 0, other.owned or 0
  if own ~= others then return own < others end
  return one.since < other.since
end

-- The first true entry of the party after that one; nil if there is none before the end.
local function first_after(call, from, to)
  local line = call.prefix .. ':line'
  for _ = 1, LOOK_AT do
    local member = redis.call('ZRANGEBYLEX', line, from, to, 'LIMIT', 0, 1)[1]
    if not member then return nil end
    local entry = read_entry(call, member)
    if entry then return entry, '(' .. string.match(member, '^r|[^|]*|[^|]*|[^|]*|') .. TOP end
    from = '(' .. member
  end
end

-- The one that waits with the most right to a thread, if any has more than `mine`. `before` is when it must have been
-- ready. Parties are looked at from `mine` on, and round to it again.
local function entitled(call, mine, before)
  local all = 'r|' .. mine.queue .. '|'
  local own = all .. mine.server .. '|' .. mine.owner .. '|'
  local best, looked = nil, 0
  for _, range in ipairs({{'(' .. own .. TOP, '(' .. all .. TOP}, {'[' .. all, '(' .. own}}) do
    local entry, from = first_after(call, range[1], range[2])
    while entry and looked < LOOK_AT do
      if entry.since <= before and outranks(call, entry, mine) and (not best or comes_before(entry, best)) then
        best = entry
      end
      looked = looked + 1
      entry, from = first_after(call, from, range[2])
    end
  end
  return best
end

-- A server and an owner, with how much runs of each in a queue.
local function party(call, queue, server, owner, priority, usual, room)
  local room_now = server ~= '' and math.min(room, room_of(call, server, usual)) or math.huge
  local runs = server ~= '' and count_runs(call, 's', queue, server) or 0
  return {queue = queue, server = server, owner = owner, priority = priority, usual = usual, runs = runs,
          owned = count_runs(call, 'o', queue, owner), full = runs >= room_now,
          rests = server ~= '' and circuits.of(call, server).till > 0, left = math.huge}
end

-- Whether anybody else waits in a queue than the party of this subtask.
local function others_wait(call, queue, server, owner)
  local line, all = call.prefix .. ':line', 'r|' .. queue .. '|'
  local own = all .. server .. '|' .. owner .. '|'
  return redis.call('ZLEXCOUNT', line, '[' .. all, '(' .. all .. TOP) > redis.call('ZLEXCOUNT', line, '[' .. own, '(' .. own .. TOP)
end

-- Who has more right to the last free thread than this subtask, with which somebody asks for it; none if nobody has.
local function fairest(task, it, usual)
  local call = task.call
  if not others_wait(call, it.queue, server_of(it), plain(task.owner)) then return nil end
  local mine = party(call, it.queue, server_of(it), plain(task.owner), task.priority, usual, usual)
  return entitled(call, mine, call.at)
end

-- Who holds the threads of a process with these runs (id subtask …, from that one on): the server and the owner with the
-- most of them. Nobody of this queue: then whoever waits in it has more right. So many threads beside them are left.
local function holders(call, queue, usual, left, runs, first)
  local most = {queue = queue, server = '|', owner = '|', priority = 0, usual = usual, runs = math.huge, owned = math.huge,
                full = true, rests = true, left = left}
  local seen = {}
  for i = first, #runs, 2 do
    local task = open(call, runs[i])
    local it = task and node(task, runs[i + 1])
    if it and it.queue == queue and it.status == SUBTASK.running then
      seen[#seen + 1] = party(call, queue, server_of(it), plain(task.owner), 0, usual, 1)
    end
  end
  for at, one in ipairs(seen) do
    if at == 1 or one.runs > most.runs then
      most.server, most.runs, most.full, most.rests = one.server, one.runs, one.full, one.rests
    end
    if at == 1 or one.owned > most.owned then most.owner, most.owned = one.owner, one.owned end
  end
  return most
end

-- The parked subtask of a queue with the most right to a message that came for nothing.
local function next_parked(call, queue)
  local from = 'p|' .. queue .. '|'
  local best
  local found = redis.call('ZRANGEBYLEX', call.prefix .. ':line', '[' .. from, '(' .. from .. TOP, 'LIMIT', 0, LOOK_AT)
  for _, member in ipairs(found) do
    local entry = read_entry(call, member)
    if entry then
      entry.owned = count_runs(call, 'o', queue, entry.owner)
      if not best or comes_before(entry, best) then best = entry end
    end
  end
  return best and best.task, best and best.it
end
