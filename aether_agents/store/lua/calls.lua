-- The frame of every function: what a task as a whole is after it, and what is written back.

local function end_task(task)
  local status, kind = TASK.completed, 'task.completed'
  if task.halt == TASK.cancelled then status, kind = TASK.cancelled, 'task.cancelled'
  elseif task.halt ~= '' or task.bad == 1 then status, kind = TASK.failed, 'task.failed' end
  task.finished = task.call.at
  local fault = status ~= TASK.completed and redis.call('HGET', task.key, 'fault') or ''
  local whose, said = string.match(fault, '^(%S*) (.*)$')
  local data = task.degraded == 1 and '{"degraded":true}' or nil
  if whose and whose ~= '' then data = '{"fault_of":' .. cjson.encode(whose) .. '}' end
  turn_task(task, status, kind, task.error, data, said)
  unschedule(task, '')
  redis.call('ZREM', task.call.prefix .. ':queued', task.id)
  schedule(task, '~', task.call.at + task.keep)
  task.ends = true
end

-- What a task as a whole is after its subtasks have changed.
local function settle(task)
  if ended(task) or task.step ~= STEP.over then return end
  if task.left == 0 then
    end_task(task)
  elseif task.status == TASK.running and task.busy == 0 then
    local first = redis.call('ZRANGE', task.waiting, 0, 0)[1]
    if first then turn_task(task, TASK.waiting, 'task.waiting', '', asks(asked_of(task, first), first)) end
  elseif task.status == TASK.waiting and task.busy > 0 then
    turn_task(task, TASK.running, 'task.running')
  end
end

local function write_back(task)
  for _, it in ipairs(task.changed) do
    redis.call('HSET', task.subtasks, 's:' .. it.id, string.format('%s %d %d %d %d %d %d %d %d %d', it.status,
      it.need, it.passed and 1 or 0, it.token, it.resends, it.attempts, it.since, it.started, it.lost and 1 or 0,
      it.answered and 1 or 0))
  end
  local fields = {}
  for i = 1, #TASK_FIELDS do
    local name = TASK_FIELDS[i]
    local value = task[name]
    if value ~= task.was[name] then
      fields[#fields + 1] = name
      fields[#fields + 1] = i > #TEXTS and int(value) or value
    end
  end
  if #fields > 0 then redis.call('HSET', task.key, unpack(fields)) end
  local asked, asks = task.was.question_id ~= '', task.question_id ~= ''
  if asked and not asks then redis.call('ZREM', task.call.prefix .. ':asked', task.id .. '|') end
  if asks and not asked then tally(task.call, 'asked.in') elseif asked and not asks then tally(task.call, 'asked.out') end
  if task.ends then
    for _, key in ipairs({task.key, task.subtasks, task.events, task.waiting}) do
      redis.call('PEXPIRE', key, int(task.keep))
    end
  end
end

-- Every function of the library: ARGV is stale (ms), lease (ms), what goes to the audit record, then its own arguments.
-- The reply is what it says, the messages of tasks that it let in by freeing slots, and what the record kept.
local function export(name, body)
  exports[name] = function(keys, args)
    local refusal = not_allowed(keys[1])
    if refusal then return redis.error_reply(refusal) end
    local call = {prefix = keys[1], stale = tonumber(table.remove(args, 1)), lease = tonumber(table.remove(args, 1)),
                  said = table.remove(args, 1), at = clock(), tasks = {}, opened = {}, out = {}, freed = {}, tallies = {}, circuits = {}}
    local fine, reply = pcall(body, call, args)
    for _, task in ipairs(call.opened) do
      if fine and not task.broken then
        local settled, fault = pcall(settle, task)
        if not settled then task.broken, call.fault = true, fault end
      end
      if fine and not task.broken then
        write_back(task)
      else  -- a fault of ours: nothing else is written, but no number is given twice
        redis.call('HSET', task.key, 'seq', int(task.seq))
      end
    end
    if call.fault then fine, reply = false, call.fault end
    local kept = 0
    if fine then
      write_tallies(call)
      if call.said ~= '' then kept = audit.keep(call, call.said) end
    end
    if not fine then return redis.error_reply(type(reply) == 'table' and reply.err or tostring(reply)) end
    return {reply, call.freed ~= call.out and call.freed or {}, kept}
  end
end
