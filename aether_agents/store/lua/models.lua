-- What language models took on a day, against the budgets of a day: reserved before a model is asked, corrected after.
--
-- <prefix>:models:<day>  hash  tokens: of that UTC day, money: in millionths. It expires.

-- Milliseconds of a day, and for which such a day is kept.
local MODEL_DAY, MODEL_KEPT = 86400000, 2 * 86400000

-- tokens money most_tokens|0 most_money|0 → day tokens money refused(0|1): as they are then
export('model_reserve', function(call, args)
  local day = math.floor(call.at / MODEL_DAY)
  local key = call.prefix .. ':models:' .. int(day)
  local tokens = tonumber(redis.call('HGET', key, 'tokens') or 0)
  local money = tonumber(redis.call('HGET', key, 'money') or 0)
  local most_tokens, most_money = tonumber(args[3]), tonumber(args[4])
  if (most_tokens > 0 and tokens + args[1] > most_tokens) or (most_money > 0 and money + args[2] > most_money) then
    return {int(day), int(tokens), int(money), 1}
  end
  tokens = redis.call('HINCRBY', key, 'tokens', args[1])
  money = redis.call('HINCRBY', key, 'money', args[2])
  redis.call('PEXPIRE', key, MODEL_KEPT)
  return {int(day), int(tokens), int(money), 0}
end)

-- day tokens money: by how much what was reserved that day was wrong; below zero where less was taken
export('model_settle', function(call, args)
  local key = call.prefix .. ':models:' .. args[1]
  if redis.call('EXISTS', key) == 0 then return 0 end
  redis.call('HINCRBY', key, 'tokens', args[2])
  redis.call('HINCRBY', key, 'money', args[3])
  return 1
end)
