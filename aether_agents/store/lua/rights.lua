-- What the user of a connection may do, asked before each function begins. A server does not undo what a function has
-- written before a command of it is refused, so one that may not do all of it does nothing. Only rights can be missing
-- in the midst: out of memory, read only, a full disk and the like refuse a function as a whole.
--
-- COMMANDS is rendered from the source: every command that this library calls. all of them are asked for in 14 µs.

-- A name of each kind of key that there is; each is asked for with some of the commands.
local KINDS = {':due', ':active', ':queued', ':slots', ':turns', ':line', ':runs', ':recent', ':waits', ':counts',
               ':calls:0', ':ended', ':epoch', ':epochs', ':witnesses', ':workers', ':worker:w', ':grace', ':catalogue:2',
               ':wake:w', ':circuit:s', ':arrived', ':spent:0', ':alert:a', ':alerts:open', ':alerts:out:c', ':alerts:held:s', ':beats', ':schedules', ':asked', ':audit',
               ':audit:new', ':audit:head', ':audit:linker', ':audit:writer:w', ':task:t', ':task:t:subtasks',
               ':task:t:events', ':task:t:waiting'}

-- What is asked for, by prefix, and how to ask it; made once.
local questions = {}

local function questions_of(prefix)
  local made = questions[prefix]
  if made then return made end
  made = {}
  for at = 1, math.max(#COMMANDS, #KINDS) do
    made[at] = {COMMANDS[(at - 1) % #COMMANDS + 1], prefix .. KINDS[(at - 1) % #KINDS + 1]}
  end
  questions[prefix] = made
  return made
end

local function may(command, key)
  local known, allowed = pcall(redis.acl_check_cmd, command, key)
  return known and allowed
end

local function may_all(prefix)
  for _, one in ipairs(questions_of(prefix)) do
    if not redis.acl_check_cmd(one[1], one[2]) then return false end
  end
  return true
end

-- Which of these commands the user may use on no key of ours, and which kinds of keys are barred to some other of them.
local function forbidden(prefix, commands)
  local words, names, left = {}, {}, {}
  for _, command in ipairs(commands) do
    local allowed = may(command, prefix)
    for at = 1, allowed and 0 or #KINDS do allowed = allowed or may(command, prefix .. KINDS[at]) end
    local list = allowed and left or words
    list[#list + 1] = command
  end
  for _, kind in ipairs(KINDS) do
    local allowed = true
    for _, command in ipairs(left) do allowed = allowed and may(command, prefix .. kind) end
    if not allowed then names[#names + 1] = prefix .. kind end
  end
  return words, names
end

-- Why a function may not begin: nil when it may.
local function not_allowed(prefix)
  local known, all = pcall(may_all, prefix)
  if known and all then return nil end
  local words, names = forbidden(prefix, COMMANDS)
  local said = {}
  if #words > 0 then said[1] = 'use ' .. table.concat(words, ', ') end
  if #names > 0 then said[#said + 1] = 'touch ' .. table.concat(names, ', ') end
  return 'NOPERM the user may not ' .. table.concat(said, ', nor ')
end

-- (command key)* → those of these commands that the user may not use on that key, and of those that this library calls;
-- kinds of keys that it may not touch. It is answered whatever the user may do.
exports['rights'] = function(keys, args)
  local words, names = {}, {}
  local known, all = pcall(may_all, keys[1])
  if not known or not all then words, names = forbidden(keys[1], COMMANDS) end
  for at = 4, #args, 2 do
    if not may(args[at], args[at + 1]) then words[#words + 1] = args[at] end
  end
  return {{words, names}, {}, 0}
end
