-- Runs that the store gave and has forgotten (epoch.lua). A worker that still has one, or remembers the result of one,
-- says so, and it counts: the step is taken up where it stands, or its word is kept until the step's turn comes.

-- Gives a run back to its worker; false where the token says nothing, or a later run of the step is under way.
local function take_up(task, it, token)
  if halted(task) or not forgotten(task.call, it.token, token) then return false end
  if it.status == SUBTASK.running and of_now(task.call, it.token) then return false end
  if it.status == SUBTASK.retrying then turn(task, it, SUBTASK.ready) end
  if it.status == SUBTASK.ready then
    turn(task, it, SUBTASK.running)
    it.attempts, it.started = it.attempts + 1, it.since
    pass_by(task, it)
    schedule(task, it.id, task.call.at + task.call.lease)
    emit(task, 'subtask.started', it, 'the store had forgotten it: its worker says that it runs')
  elseif it.status == SUBTASK.waiting then
    it.lost = true
  elseif it.status ~= SUBTASK.running then
    return false
  end
  it.token = token
  changed(task, it)
  return true
end

-- Keeps what is known of a run whose step's turn has not come again: its result, or only that it began. `it` is
-- nil where not even the step is there yet: then nobody knows whether it will be the same one.
local function keep_word(task, id, it, token, word, outcome)
  if not task or halted(task) or of_now(task.call, token) then return false end
  if it and (it.status ~= SUBTASK.pending or not forgotten(task.call, it.token, token)) then return false end
  if outcome then redis.call('HSET', task.subtasks, 'o:' .. id, outcome) end
  redis.call('HSET', task.subtasks, 'r:' .. id, cmsgpack.pack({int(token), outcome and word or 'began'}))
  return true
end

-- The step's turn has come: its kept word counts. True when it needs no run.
local function go_by_word(task, it, kept)
  redis.call('HDEL', task.subtasks, 'r:' .. it.id)
  local token, word = unpack(cmsgpack.unpack(kept))
  if not forgotten(task.call, it.token, tonumber(token)) then return false end
  if type(word) == 'table' then
    turn(task, it, SUBTASK.running)
    it.token, it.attempts, it.started = tonumber(token), it.attempts + 1, it.since
    pass_by(task, it)
    close(task, it, SUBTASK[word.result], word.message, word.data, word.said)
  elseif has(it, 'u') and not has(it, 'J') then
    pass_by(task, it)
    it.token, it.lost = tonumber(token), true
    ask(task, it, FORGOTTEN)
  else
    return false
  end
  return true
end

-- Why a step that must not run twice does not run now, though it is ready; nil when it may.
local function held_up(task, it)
  if not has(it, 'u') or has(it, 'J') then return nil end
  local why = forgetting(task, it)
  if not why then return nil end
  if why == 'doubt' and redis.call('HGET', task.subtasks, 'k:' .. it.id) == int(epoch(task.call).number) then
    return nil  -- who said yes in this epoch was told that it may have run
  end
  pass_by(task, it)
  if why == 'settling' then
    it.resends = SPENT
    schedule(task, it.id, task.call.at + 500)
    return why
  end
  it.token = next_token(task.call, it.token)
  ask(task, it, FORGOTTEN)
  return 'waiting'
end
