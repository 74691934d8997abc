-- Tasks that belong to others: retry, fork, undo; and what a task takes over from the one that it runs again.
--
-- A subtask that is taken over is completed from the beginning, and was never claimed: its token is 0.

-- What links two tasks: the field of the earlier one, and what its entries begin with.
local LINKS = {undo = {'undone', ''}, retry = {'reruns', 'retry:'}, fork = {'reruns', 'fork:'}}

-- Whether nothing has been linked to these tasks since they were read: (id undone reruns)*, from that place on.
local function as_read(call, args, first, last)
  for i = first, last, 3 do
    local key = base(call, args[i])
    local status, undone, reruns = unpack(redis.call('HMGET', key, 'status', 'undone', 'reruns'))
    if not TERMINAL_TASK[status] or (undone or '') ~= args[i + 1] or (reruns or '') ~= args[i + 2] then return false end
  end
  return true
end

-- undo|retry|fork count (id undone reruns)*count, then as `create` → changed | new | same | other: accepted only if
-- nobody else has begun anything with those tasks since they were read
export('create_linked', function(call, args)
  local link, last = LINKS[args[1]], 2 + 3 * tonumber(args[2])
  local by = args[last + 1]
  if redis.call('EXISTS', base(call, by)) == 0 and not as_read(call, args, 3, last) then return 'changed' end
  local came = accept_task(call, unpack(args, last + 1))
  if came ~= 'new' then return came end
  for i = 3, last, 3 do
    local before = redis.call('HGET', base(call, args[i]), link[1]) or ''
    redis.call('HSET', base(call, args[i]), link[1], (before == '' and '' or before .. ' ') .. link[2] .. by)
  end
  return came
end)

-- Completed by a call of another task: nothing of it is counted as work.
local function take_over(task, it, from)
  tally(task.call, 'sub.in|' .. it.queue .. '|' .. SUBTASK.pending, -1)
  it.status = SUBTASK.completed
  emit(task, 'subtask.completed', it, 'taken over from ' .. from, '{"kept_from":' .. cjson.encode(from) .. '}')
end

-- id token plan about head (subtask wiring need document question answer outcome made_by)* → 1, deliveries
-- With an outcome a subtask is completed. Without wiring it is an item of a fan-out: its outcome and its answer lie ready.
export('start_rerun', function(call, args)
  local task = holds_planning(call, args[1], args[2])
  if not task then return {0} end
  redis.call('HSET', task.key, 'plan', args[3], 'about', args[4], 'head', args[5])
  task.step, task.direct = STEP.over, 1
  unschedule(task, '')
  local roots, kept = {}, {}
  for i = 6, #args, 8 do
    local id, wiring, need, document, question, answer, outcome, made_by = unpack(args, i, i + 7)
    if outcome ~= '' then redis.call('HSET', task.subtasks, 'o:' .. id, outcome) end
    if answer ~= '' then redis.call('HSET', task.subtasks, 'a:' .. id, answer) end
    if wiring ~= '' then
      local it = add_node(task, id, wiring, tonumber(need), true, document)
      it.answered = answer ~= ''
      task.total = task.total + 1
      if outcome ~= '' then
        kept[#kept + 1] = {it, made_by}
      else
        if question ~= '' then redis.call('HSET', task.subtasks, 'p:' .. id, question) end
        if it.need == 0 then roots[#roots + 1] = it end
      end
    end
  end
  task.left = task.total - #kept
  if task.status ~= TASK.paused then turn_task(task, TASK.running, 'task.running') end
  for _, one in ipairs(kept) do take_over(task, one[1], one[2]) end
  for _, it in ipairs(roots) do open_up(task, it) end
  return {1, call.out}
end)

-- id subtask token window (child wiring document made_by)* → ok|stale|halted, 0, deliveries: as `fan`, always directly.
-- Of a child with `made_by` the outcome lies ready; what lies ready of any other does not count.
export('fan_rerun', function(call, args)
  local window, count = tonumber(args[4]), (#args - 4) / 4
  local refusal, task, it = become_join(call, args, count)
  if refusal then return {refusal, 0, {}} end
  local kept, rest = {}, {}
  pass_by(task, it)
  for i = 1, count do
    local at = 1 + 4 * i
    local child = add_node(task, args[at], args[at + 1], 0, true, args[at + 2])
    if args[at + 3] ~= '' then
      kept[#kept + 1] = {child, args[at + 3]}
    else
      redis.call('HDEL', task.subtasks, 'o:' .. child.id)
      child.answered = redis.call('HEXISTS', task.subtasks, 'a:' .. child.id) == 1
      rest[#rest + 1] = child
    end
  end
  it.need = #rest
  task.total, task.left = task.total + count, task.left + #rest
  for _, one in ipairs(kept) do take_over(task, one[1], one[2]) end
  for i, child in ipairs(rest) do
    if i <= window then make_ready(task, child) else child.need = 1 end
  end
  if window < #rest then
    local first, last = string.match(rest[window + 1].id, '%d+$'), string.match(rest[#rest].id, '%d+$')
    redis.call('HSET', task.subtasks, 'h:' .. it.id, first .. ' ' .. last)
  end
  if #rest == 0 then make_ready(task, it) end
  return {'ok', 0, call.out}
end)
