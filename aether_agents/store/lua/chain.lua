-- Linking: what the one process that links takes and puts back. Its frame is that of every function.

-- → nothing: a writer's entries come with the frame
export('audit', function(call)
  call.changed = true
  return 1
end)

-- limit → number, link, ended, marked, marked_at, "<ms> <signed entry>" lines, the last id of them, lines of ended tasks
export('audit_take', function(call, args)
  local most = tonumber(args[1])
  local head = redis.call('HMGET', call.prefix .. ':audit:head', 'number', 'link', 'ended', 'marked', 'marked_at')
  local lines, last = {}, ''
  for _, entry in ipairs(redis.call('XRANGE', call.prefix .. ':audit:new', '-', '+', 'COUNT', most)) do
    local at = string.match(entry[1], '^%d+')
    for i = 2, #entry[2], 2 do lines[#lines + 1] = at .. ' ' .. entry[2][i] end
    last = entry[1]
  end
  local ended = audit.ended(call, head[3] or '0', most)
  return {head[1] or '0', head[2] or '', head[3] or '0', head[4] or '0', head[5] or '0', table.concat(lines, '\n'), last,
          ended, int(call.at)}
end)

-- number link taken|'' ended first last link_after at lines marked|'' → 1 | 0: only if the chain ends where it was read
export('audit_link', function(call, args)
  local number, link, taken, ended, first, last, after, at, lines, marked = unpack(args)
  local key = call.prefix .. ':audit:head'
  local head = redis.call('HMGET', key, 'number', 'link')
  if (head[1] or '0') ~= number or (head[2] or '') ~= link then return 0 end
  redis.call('XADD', call.prefix .. ':audit', '*', 'k', first, 'n', last, 'h', after, 't', at, 'z', lines)
  redis.call('HSET', key, 'number', last, 'link', after, 'ended', ended)
  if marked ~= '' then redis.call('HSET', key, 'marked', marked, 'marked_at', int(call.at)) end
  if taken ~= '' then
    local ms, seq = string.match(taken, '^(%d+)-(%d+)$')
    redis.call('XTRIM', call.prefix .. ':audit:new', 'MINID', ms .. '-' .. int(tonumber(seq) + 1))
  end
  return 1
end)

-- batch anchor: what is kept begins with the batch after that one
export('audit_retire', function(call, args)
  redis.call('HSET', call.prefix .. ':audit:head', 'anchor', args[2])
  local ms, seq = string.match(args[1], '^(%d+)-(%d+)$')
  return redis.call('XTRIM', call.prefix .. ':audit', 'MINID', ms .. '-' .. int(tonumber(seq) + 1))
end)
