-- Alerts: what was told lately, what lasts, what was held back, and an outbox for each channel. Bodies are sealed.

-- Milliseconds that what waits for a channel, and what lasts, is kept.
local ALERTS_KEPT = 7 * 86400000

-- Milliseconds within which something that was resolved is not told anew.
local RESTS = 300000

-- Whether the time that a key stands for is past: it is gone, or it was written at a time that is still to come, because
-- the clock was set back since; it would stand for all that time more.
local function is_past(call, key)
  local written = redis.call('GET', key)
  return not written or tonumber(written) > call.at + 1000
end

local function put_out(call, severity, body, channels, first)
  for at = first, #channels do
    local out = call.prefix .. ':alerts:out:' .. channels[at]
    redis.call('XADD', out, 'MAXLEN', '~', 500, '*', 's', severity, 'b', body)
    redis.call('PEXPIRE', out, ALERTS_KEPT)
  end
end

-- key every_ms severity most window_ms kind lasting_title|'' body channel* → told | again | held
export('tell', function(call, args)
  local severity, window, kind, lasting = args[3], tonumber(args[5]), args[6], args[7]
  local own = call.prefix .. ':alert:' .. args[1]
  if not is_past(call, own) then return 'again' end
  redis.call('SET', own, int(call.at), 'PX', args[2])
  if lasting ~= '' then
    redis.call('HSET', call.prefix .. ':alerts:open', args[1], severity .. '|' .. lasting)
    redis.call('PEXPIRE', call.prefix .. ':alerts:open', ALERTS_KEPT)
  end
  local count = call.prefix .. ':alerts:count:' .. severity
  local told = redis.call('INCR', count)
  if told == 1 or redis.call('PTTL', count) > window then redis.call('PEXPIRE', count, int(window)) end
  if told > tonumber(args[4]) then
    redis.call('HINCRBY', call.prefix .. ':alerts:held:' .. severity, kind, 1)
    redis.call('PEXPIRE', call.prefix .. ':alerts:held:' .. severity, ALERTS_KEPT)
    return 'held'
  end
  put_out(call, severity, args[8], args, 9)
  return 'told'
end)

-- key severity body channel* → 1 | 0: it lasts no longer; it may be told anew after a rest
export('resolve', function(call, args)
  if redis.call('HDEL', call.prefix .. ':alerts:open', args[1]) == 0 then return 0 end
  local own = call.prefix .. ':alert:' .. args[1]
  if redis.call('PTTL', own) > RESTS then redis.call('PEXPIRE', own, RESTS) end
  put_out(call, args[2], args[3], args, 4)
  return 1
end)

-- severity window_ms → (kind count)*: what was held back, once the time over which it was counted is past
export('held', function(call, args)
  local count = call.prefix .. ':alerts:count:' .. args[1]
  if redis.call('PTTL', count) > tonumber(args[2]) then redis.call('PEXPIRE', count, int(tonumber(args[2]))) end
  if redis.call('EXISTS', count) == 1 then return {} end
  return redis.call('HGETALL', call.prefix .. ':alerts:held:' .. args[1])
end)

-- severity body channel* → 1 | 0: what was held back is told as one, by whoever is first
export('tell_held', function(call, args)
  if redis.call('DEL', call.prefix .. ':alerts:held:' .. args[1]) == 0 then return 0 end
  put_out(call, args[1], args[2], args, 3)
  return 1
end)

-- channel holder ttl_ms → 1 | 0: one process at a time sends what waits for a channel
export('send_for', function(call, args)
  local key = call.prefix .. ':alerts:sender:' .. args[1]
  local holder = redis.call('GET', key)
  if holder and holder ~= args[2] then return 0 end
  redis.call('SET', key, args[2], 'PX', args[3])
  return 1
end)

-- channel holder entry* : these went out, and another process may go on
export('sent', function(call, args)
  local key = call.prefix .. ':alerts:sender:' .. args[1]
  for at = 3, #args do redis.call('XDEL', call.prefix .. ':alerts:out:' .. args[1], args[at]) end
  if redis.call('GET', key) == args[2] then redis.call('DEL', key) end
  return 1
end)

-- name state looked_ms_ago: a beat is alive; who is gone for an hour is forgotten, and all when there is none for a week
export('beat_says', function(call, args)
  local beats, hour = call.prefix .. ':beats', 3600000
  local said = redis.call('HGETALL', beats)
  for at = 1, #said, 2 do
    local last = tonumber(string.match(said[at + 1], '^%a+ (%d+) %d+$') or 0)
    if call.at - last > hour then redis.call('HDEL', beats, said[at]) end
  end
  local looked = args[2] == 'fires' and int(call.at - tonumber(args[3])) or '0'
  redis.call('HSET', beats, args[1], args[2] .. ' ' .. int(call.at) .. ' ' .. looked)
  redis.call('PEXPIRE', beats, ALERTS_KEPT)
  return 1
end)

-- schedule slot note result missed: what became of a slot, counted once however often the same one is told
export('slot_told', function(call, args)
  local key, field = call.prefix .. ':schedules', 'fired|' .. args[1]
  local last = redis.call('HGET', key, field) or ''
  redis.call('HSET', key, field, args[3])
  if string.find(last, args[2], 1, true) then return 0 end
  tally(call, 'slot|' .. args[1] .. '|' .. args[4])
  if tonumber(args[5]) > 0 then tally(call, 'slot|' .. args[1] .. '|missed', tonumber(args[5])) end
  return 1
end)
