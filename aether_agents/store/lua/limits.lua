-- What calls took, against limits that stop: counted before a call is made, by all workers, and given back if it was not sent.
--
-- <prefix>:spent:<day>  hash  s|<server>, a (all servers), o|<owner>: calls of that UTC day; m|<owner>: what they cost at
--   most, in millionths. It expires. What a task took stands in its own hash: `called`, `cost`.

local limits = {day = 86400000}

-- What a call counts for: key, field, by how much, the limit (0: none), and what the limit is called.
function limits.places(task, day, args)
  local own, owner, cost = task.call.prefix .. ':spent:' .. int(day), plain(task.owner), tonumber(args[3])
  return own, {
    {own, 's|' .. args[2], 1, tonumber(args[5]), 'server'}, {own, 'a', 1, tonumber(args[6]), 'all'},
    {own, 'o|' .. owner, 1, tonumber(args[7]), 'owner'}, {task.key, 'called', 1, tonumber(args[8]), 'task'},
    {own, 'm|' .. owner, cost, tonumber(args[9]), 'owner_cost'}, {task.key, 'cost', cost, tonumber(args[10]), 'task_cost'},
  }
end

-- id server cost whatever(0|1) by_server all owner task owner_cost task_cost → day, '' or which is spent. With `whatever`
-- it is counted all the same: a call that belongs to one which was made.
export('spend', function(call, args)
  local task, day = open(call, args[1]), math.floor(call.at / limits.day)
  if not task then return {int(day), ''} end
  local own, places = limits.places(task, day, args)
  for _, place in ipairs(places) do
    local key, field, by, most, name = unpack(place)
    if most > 0 and args[4] == '0' and tonumber(redis.call('HGET', key, field) or 0) + by > most then return {int(day), name} end
  end
  for _, place in ipairs(places) do
    local key, field, by, most = unpack(place)
    if most > 0 then redis.call('HINCRBY', key, field, int(by)) end
  end
  if redis.call('EXISTS', own) == 1 then redis.call('PEXPIRE', own, 2 * limits.day) end
  return {int(day), ''}
end)

-- id server cost day by_server all owner task owner_cost task_cost: the call was not sent after all
export('unspend', function(call, args)
  local task = open(call, args[1])
  if not task then return 0 end
  local _, places = limits.places(task, tonumber(args[4]), args)
  for _, place in ipairs(places) do
    local key, field, by, most = unpack(place)
    if most > 0 and redis.call('HEXISTS', key, field) == 1 then redis.call('HINCRBY', key, field, int(-by)) end
  end
  return 1
end)
