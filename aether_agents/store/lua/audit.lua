-- The audit record: entries that writers sign, which one process at a time links into a chain. This library only keeps
-- what it is given: it has no SHA-256, and no key.
--
-- <prefix>:audit:new     stream  `e` signed entries that are not linked yet, in the order they came
-- <prefix>:audit         stream  the chain, in batches: k number of the first entry, n of the last, h link of the last,
--                                t when that came (ms), z the lines, compressed
-- <prefix>:audit:head    hash    number, link: where the chain ends; ended: the last entry of `:ended` that was told;
--                                marked, marked_at: the last checkpoint; anchor: what was retired up to, signed
-- <prefix>:audit:linker string  the process that links; it expires
-- <prefix>:audit:writer:<id> string  the number of the last entry of that writer; it expires

local audit = {writer_for = 3600000, linker_for = 2000, mark_after = 60000, at_once = 50}

-- Keeps what a writer says: "<writer>\n<mode><number> <signed entry>\n…". An entry of mode `?` counts only where the
-- call changed something. What came before (its answer was lost) is not kept twice. → number of the last one kept
function audit.keep(call, said)
  local writer, rest = string.match(said, '^([^\n]*)\n(.*)$')
  if not writer then return 0 end  -- nothing is said: what the call changed must stand all the same
  local key, changed, entries, newest = call.prefix .. ':audit:writer:' .. writer, call.changed, {}, 0
  for i = 1, #call.opened do changed = changed or call.opened[i].seq ~= call.opened[i].was.seq end
  for mode, number, line in string.gmatch(rest, '([!?])(%d+) ([^\n]+)') do
    if mode == '!' or changed then
      newest = tonumber(number)
      entries[#entries + 1] = {newest, line}
    end
  end
  if newest == 0 then return tonumber(redis.call('GET', key) or '0') end
  local last = tonumber(redis.call('SET', key, int(newest), 'PX', int(audit.writer_for), 'GET') or '0')
  local fields = {}
  for _, entry in ipairs(entries) do
    if entry[1] > last then fields[#fields + 1], fields[#fields + 2] = 'e', entry[2] end
  end
  for i = 1, #fields, 2 * audit.at_once do
    redis.call('XADD', call.prefix .. ':audit:new', '*', unpack(fields, i, math.min(#fields, i + 2 * audit.at_once - 1)))
  end
  if last > newest then redis.call('SET', key, int(last), 'PX', int(audit.writer_for)) end
  return math.max(last, newest)
end

-- When there was nothing to link, by prefix: for so many milliseconds from then on nobody looks again.
local quiet, QUIET_FOR = {}, 2000

-- Whether there is something to link, or to sign, and this process is the one to do it.
function audit.due(call, who)
  local since = call.at - (quiet[call.prefix] or 0)
  if since >= 0 and since < QUIET_FOR then return 0 end
  local head = redis.call('HMGET', call.prefix .. ':audit:head', 'number', 'ended', 'marked', 'marked_at')
  local marks = head[1] and head[1] ~= head[3] and call.at - tonumber(head[4] or 0) > audit.mark_after
  if not marks and redis.call('XLEN', call.prefix .. ':audit:new') == 0 then
    local newest = redis.call('XREVRANGE', call.prefix .. ':ended', '+', '-', 'COUNT', 1)[1]
    if not newest or newest[1] == head[2] then
      quiet[call.prefix] = call.at
      return 0
    end
  end
  local key = call.prefix .. ':audit:linker'
  local holder = redis.call('GET', key)
  if holder and holder ~= who then return 0 end
  redis.call('SET', key, who, 'PX', int(audit.linker_for))
  return 1
end

-- Tasks that ended since `from`, as "<entry> <id> <status> <created> <finished>" lines. What somebody else wrote there may
-- have any form: it stays one line, and the linker says what is none.
function audit.ended(call, from, most)
  local lines = {}
  for _, entry in ipairs(redis.call('XRANGE', call.prefix .. ':ended', '(' .. from, '+', 'COUNT', most)) do
    local id, status = '', ''
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 't' then id = entry[2][i + 1] elseif entry[2][i] == 'u' then status = entry[2][i + 1] end
    end
    local times = redis.pcall('HMGET', base(call, id), 'created', 'finished')
    local line = table.concat({entry[1], id, status, times[1] or 0, times[2] or 0}, ' ')
    lines[#lines + 1] = string.gsub(line, '%c', '?')
  end
  return table.concat(lines, '\n')
end
