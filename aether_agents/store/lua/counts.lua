-- What happened, counted in one hash (`<prefix>:counts`) for the metrics; read as a whole, so its fields are bounded.
--
-- task.in|<status>  task.out|<status>      tasks that came into a status, and left it
-- task.ended|<template>|<status>           … task.seconds|<template>|<bucket>, task.millis|<template>: how long
-- sub.in|<queue>|<code>  sub.out|…         the same of subtasks; sub.seconds|<queue>|<bucket>, sub.millis|<queue>: of runs
-- fail|<queue>|<kind>                      subtasks that failed for good, and tasks that could not be planned
-- lost|<queue>                             leases that ended without a word
-- parked|<queue>                           messages that were used for a subtask with more right to a thread
-- asked.in  asked.out                      questions of planning
-- slot|<schedule>|<result>                 slots of schedules: fired, paused, failed (no task came of it), missed
-- alert|<severity>|<result>                what beat told, or could not: told, failed; channel|<where>|<result>: by channel
-- cpu.millis|<queue>|<server>               CPU that servers used; without a server, workers themselves
-- mcp.…                                    what workers tell of their calls; mcp.calls|<server>|<result> also by day,
--                                          in `<prefix>:calls:<day>`

-- Templates beyond this many fields are counted as `other`.
local FIELDS_MAX = 4000

-- Tasks that ended, newest last, for whoever watches them (alerts, audits).
local ENDED_MAX = 1000

function tally(call, field, by)
  call.tallies[field] = (call.tallies[field] or 0) + (by or 1)
end

function write_tallies(call)
  for field, by in pairs(call.tallies) do
    redis.call('HINCRBY', call.prefix .. ':counts', field, int(by))
  end
end

local function tally_time(call, kind, label, ms)
  local bucket = 'inf'
  for _, bound in ipairs(BUCKETS) do
    if ms <= bound * 1000 then
      bucket = tostring(bound)
      break
    end
  end
  tally(call, kind .. '.seconds|' .. label .. '|' .. bucket)
  tally(call, kind .. '.millis|' .. label, math.max(0, ms))
end

local function template_of(task)
  local about = redis.call('HGET', task.key, 'about')
  local fine, known = pcall(cjson.decode, about or '{}')
  local template = fine and type(known) == 'table' and type(known.template) == 'string' and known.template or 'none'
  template = string.sub(string.gsub(template, '[^%w_.-]', '_'), 1, 64)
  local counts = task.call.prefix .. ':counts'
  local seen = redis.call('HLEN', counts) < FIELDS_MAX or redis.call('HEXISTS', counts, 'task.millis|' .. template) == 1
  return seen and template or 'other'
end

function count_task(task, before, after)
  tally(task.call, 'task.out|' .. before)
  tally(task.call, 'task.in|' .. after)
  local waits = task.call.prefix .. ':waits'
  if after == TASK.waiting then redis.call('ZADD', waits, int(task.call.at), task.id)
  elseif before == TASK.waiting then redis.call('ZREM', waits, task.id) end
  if not TERMINAL_TASK[after] then return end
  local template = template_of(task)
  tally(task.call, 'task.ended|' .. template .. '|' .. after)
  tally_time(task.call, 'task', template, task.call.at - task.created)
  redis.call('XADD', task.call.prefix .. ':ended', 'MAXLEN', '~', ENDED_MAX, '*', 't', task.id, 'u', after)
end

function count_failure(call, queue, kind)
  tally(call, 'fail|' .. queue .. '|' .. (string.match(kind or '', '^[%l_]+$') or 'internal'))
end

function count_subtask(task, it, before, after)
  tally(task.call, 'sub.out|' .. it.queue .. '|' .. before)
  tally(task.call, 'sub.in|' .. it.queue .. '|' .. after)
  if before == SUBTASK.running and TERMINAL_SUBTASK[after] then
    tally_time(task.call, 'sub', it.queue, task.call.at - task.created - it.since)  -- since it was claimed
  end
end
