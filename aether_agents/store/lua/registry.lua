-- Who is alive, and what is known of each server.

-- Milliseconds of a day.
local DAY = 86400000

-- Milliseconds without a sign of life of anybody: so long, nobody could write, and nobody could renew a lease.
local SILENCE = 5000

-- Milliseconds after such a silence in which holders renew, before the reaper takes leases for lost.
local GRACE_MOST = 10000

-- worker description ttl_ms witness|'' sure
export('beat', function(call, args)
  local name, ttl, witness = args[1], tonumber(args[3]), args[4]
  epoch(call)  -- whoever spoke to the epoch before is noted before anybody speaks to this one
  local workers = call.prefix .. ':workers'
  local last = redis.call('ZRANGE', workers, -1, -1, 'WITHSCORES')[2]
  if call.at - tonumber(last or 0) > SILENCE then
    redis.call('SET', call.prefix .. ':grace', '', 'PX', int(math.min(call.lease, GRACE_MOST)))
  end
  redis.call('SET', call.prefix .. ':worker:' .. name, args[2], 'PX', int(ttl))
  redis.call('ZADD', workers, int(call.at), name)
  redis.call('ZREMRANGEBYSCORE', workers, '-inf', int(call.at - ttl))
  redis.call('PEXPIRE', workers, int(ttl))
  if witness ~= '' then
    local witnesses = call.prefix .. ':witnesses'
    redis.call('ZADD', witnesses, int(call.at), witness .. '/' .. args[5])
    redis.call('ZREM', witnesses, witness .. '/' .. 1 - args[5])
    redis.call('ZREMRANGEBYSCORE', witnesses, '-inf', int(call.at - WITNESS_FOR))
  end
  return int(call.at)
end)

-- witness: it has told this epoch all it knows of the one before
export('heard', function(call, args)
  local rest = {}
  for one in string.gmatch(epoch(call).unheard, '%S+') do
    if string.match(one, '^[^/]*') ~= args[1] then rest[#rest + 1] = one end
  end
  redis.call('HSET', call.prefix .. ':epoch', 'unheard', table.concat(rest, ' '))
  return #rest
end)

-- server before|'' after|'' → 1 | 0: writes the entry only if it is still as it was read
export('put_server', function(call, args)
  local catalogue, server, before, after = call.prefix .. ':catalogue:2', args[1], args[2], args[3]
  if (redis.call('HGET', catalogue, server) or '') ~= before then return 0 end
  call.changed = true
  if after == '' then redis.call('HDEL', catalogue, server) else redis.call('HSET', catalogue, server, after) end
  return 1
end)

-- name ttl_ms: whoever waits for entries of this stream among others looks up
export('wake', function(call, args)
  local key = call.prefix .. ':wake:' .. args[1]
  redis.call('XADD', key, 'MAXLEN', 1, '*', 'w', '')
  redis.call('PEXPIRE', key, args[2])
  return 1
end)

-- (field by)*: what a worker counted itself; the calls of each server also by UTC day, for two days
export('count', function(call, args)
  local calls, called = call.prefix .. ':calls:' .. int(math.floor(call.at / DAY)), false
  for i = 1, #args, 2 do
    tally(call, args[i], tonumber(args[i + 1]))
    local server = string.match(args[i], '^mcp%.calls|([^|]+)|')
    if server then
      redis.call('HINCRBY', calls, server, args[i + 1])
      called = true
    end
  end
  if called then redis.call('PEXPIRE', calls, int(2 * DAY)) end
  return 1
end)

-- name schedule|'' head_before head_after → ok | changed: a schedule that somebody added, or (without one) its removal
export('keep_schedule', function(call, args)
  local head, added = call.prefix .. ':schedules:head', call.prefix .. ':schedules:added'
  if (redis.call('GET', head) or '') ~= args[3] then return 'changed' end
  call.changed = true
  if args[2] == '' then redis.call('HDEL', added, args[1]) else redis.call('HSET', added, args[1], args[2]) end
  redis.call('SET', head, args[4])
  return 'ok'
end)
