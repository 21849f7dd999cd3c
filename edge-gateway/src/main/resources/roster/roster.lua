-- Who is present, over all gateways. One call is one step: nothing happens in between.
--
-- The only clock is this server's. Each gateway has a lease here and renews it. What a gateway holds goes with its lease.
-- The judge is judged, too: if nobody was seen for a while, or the clock was set back, or all keys are gone, then Redis was
-- away, and nobody is declared gone before a whole lease has passed since.
--
-- KEYS[1]: the beginning of all keys, with a hash tag. ARGV: command, lease ms, gap ms, a shift of the clock for tests in
-- ms, a name for a new incarnation, and the command's own.
local K, command = KEYS[1], ARGV[1]
local LEASE, GAP, SHIFT = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local own = 6

-- Bounds of one step, and of what is kept of changes.
local DROPPED, ENDED, CHANGES, CHANNELS = 5000, 2000, 1000, 10000

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + SHIFT

local function shiftBy(key, ms)
  local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    redis.call('ZADD', key, tonumber(all[i + 1]) + ms, all[i])
  end
end

local state = redis.call('HMGET', K .. 'state', 'incarnation', 'seen', 'trusted')
local incarnation, seen, trusted = state[1], tonumber(state[2]), tonumber(state[3])
if not incarnation then
  incarnation, trusted = ARGV[5], now
  redis.call('HSET', K .. 'state', 'incarnation', incarnation, 'version', 0)
elseif now < seen or now - seen > GAP then
  trusted = now
  if now < seen then
    shiftBy(K .. 'leases', now - seen)
    shiftBy(K .. 'breaks', now - seen)
    shiftBy(K .. 'leaving', now - seen)
  end
end
redis.call('HSET', K .. 'state', 'seen', now, 'trusted', trusted)
local settled = now - trusted > LEASE

-- Notes that a member of a channel has come, gone or changed. '\n' is where the log of changes begins.
local function changed(channel, subject)
  local version = redis.call('HINCRBY', K .. 'state', 'version', 1)
  local log = K .. 'log:' .. channel
  redis.call('ZADD', log, version, subject)
  redis.call('PERSIST', log)
  if redis.call('ZCARD', log) > CHANGES then
    redis.call('DEL', log)
    redis.call('ZADD', log, version, '\n')
  end
  redis.call('ZADD', K .. 'changed', version, channel)
  redis.call('ZREMRANGEBYRANK', K .. 'changed', 0, -CHANNELS - 1)
end

-- A member is here. What is known of it stays, unless it says something new.
local function appear(channel, subject, since, info, named, anew)
  local members = K .. 'members:' .. channel
  local before = redis.call('HGET', members, subject)
  if not before then
    redis.call('HSET', members, subject, since .. '\n' .. info)
    if named then
      redis.call('ZADD', K .. 'names:' .. channel, 0, subject)
    end
    changed(channel, subject)
  elseif anew then
    local known = string.sub(before, 1, string.find(before, '\n', 1, true) - 1)
    local first = math.min(tonumber(known), tonumber(since))
    local after = string.format('%.0f', first) .. '\n' .. info
    if after ~= before then
      redis.call('HSET', members, subject, after)
      changed(channel, subject)
    end
  end
end

-- A member is gone, if no gateway holds it and no break is pending.
local function judge(channel, subject)
  local field = channel .. '\n' .. subject
  if redis.call('HEXISTS', K .. 'holders:' .. channel, subject) == 1 or redis.call('ZSCORE', K .. 'breaks', field) then
    return
  end
  local members = K .. 'members:' .. channel
  if redis.call('HDEL', members, subject) == 1 then
    redis.call('ZREM', K .. 'names:' .. channel, subject)
    changed(channel, subject)
    if redis.call('EXISTS', members) == 0 then
      redis.call('PEXPIRE', K .. 'log:' .. channel, 4 * LEASE)
    end
  end
end

-- How many connections of a member a gateway has.
local function hold(holder, channel, subject, count)
  local held, field = K .. 'held:' .. holder, channel .. '\n' .. subject
  local before = tonumber(redis.call('HGET', held, field) or 0)
  if count == before then
    return
  end
  if count > 0 then
    redis.call('HSET', held, field, count)
  else
    redis.call('HDEL', held, field)
  end
  if redis.call('HINCRBY', K .. 'connections', channel, count - before) <= 0 then
    redis.call('HDEL', K .. 'connections', channel)
  end
  local holders = K .. 'holders:' .. channel
  if before == 0 then
    redis.call('HINCRBY', holders, subject, 1)
  elseif count == 0 and redis.call('HINCRBY', holders, subject, -1) <= 0 then
    redis.call('HDEL', holders, subject)
  end
end

-- A connection broke: its member stays for a while. One that has said that it leaves does not.
local function broke(channel, subject, grace)
  local field = channel .. '\n' .. subject
  local leaving = redis.call('ZSCORE', K .. 'leaving', field)
  if leaving then
    redis.call('ZREM', K .. 'leaving', field)
    if tonumber(leaving) >= now then
      return false
    end
  end
  local pending = redis.call('ZSCORE', K .. 'breaks', field)
  if not pending or tonumber(pending) < now + grace then
    redis.call('ZADD', K .. 'breaks', now + grace, field)
  end
  return true
end

local function split(field)
  local at = string.find(field, '\n', 1, true)
  return string.sub(field, 1, at - 1), string.sub(field, at + 1)
end

-- Takes what dead gateways held; their members leave at once, or after the grace that stands there.
local function drop()
  for _, holder in ipairs(redis.call('ZRANGE', K .. 'dead', 0, 3)) do
    local grace = tonumber(redis.call('ZSCORE', K .. 'dead', holder))
    local held = K .. 'held:' .. holder
    local fields = redis.call('HSCAN', held, '0', 'COUNT', DROPPED)[2]
    for i = 1, #fields, 2 do
      local channel, subject = split(fields[i])
      if channel == '' then
        redis.call('HDEL', held, fields[i])
        redis.call('HDEL', K .. 'readers:' .. subject, holder)
      else
        hold(holder, channel, subject, 0)
        if grace > 0 then
          broke(channel, subject, grace)
        end
        judge(channel, subject)
      end
    end
    if redis.call('EXISTS', held) == 0 then
      redis.call('ZREM', K .. 'dead', holder)
    end
  end
end

local function sweep()
  if settled then
    for _, holder in ipairs(redis.call('ZRANGEBYSCORE', K .. 'leases', '-inf', '(' .. (now - LEASE), 'LIMIT', 0, 100)) do
      redis.call('ZREM', K .. 'leases', holder)
      redis.call('ZADD', K .. 'dead', 0, holder)
    end
    for _, field in ipairs(redis.call('ZRANGEBYSCORE', K .. 'breaks', '-inf', now, 'LIMIT', 0, ENDED)) do
      redis.call('ZREM', K .. 'breaks', field)
      local channel, subject = split(field)
      judge(channel, subject)
    end
  end
  drop()
  redis.call('ZREMRANGEBYSCORE', K .. 'leaving', '-inf', '(' .. now)
end

local function version()
  return tonumber(redis.call('HGET', K .. 'state', 'version'))
end

local function readers(channel)
  local sum = 0
  for _, count in ipairs(redis.call('HVALS', K .. 'readers:' .. channel)) do
    sum = sum + tonumber(count)
  end
  return sum
end

local answers = {}

-- holder, a version -> whether the holder is known, and the channels that have changed after that version
function answers.renew()
  local holder, since = ARGV[own], ARGV[own + 1]
  local known = redis.call('ZSCORE', K .. 'leases', holder) and 1 or 0
  if known == 1 then
    redis.call('ZADD', K .. 'leases', now, holder)
  end
  sweep()
  local channels = redis.call('ZRANGEBYSCORE', K .. 'changed', '(' .. since, '+inf', 'LIMIT', 0, ENDED)
  return {incarnation, settled and 1 or 0, known, version(), channels}
end

-- A gateway begins, under a name of its own.
function answers.join()
  redis.call('ZADD', K .. 'leases', now, ARGV[own])
  return {1}
end

-- A gateway has another name now, or stops: what it still holds under this one breaks.
function answers.retire()
  redis.call('ZREM', K .. 'leases', ARGV[own])
  redis.call('ZADD', K .. 'dead', ARGV[own + 1], ARGV[own])
  drop()
  return {1}
end

-- holder, then for each member: channel, subject, connections, whether one was added, grace of one that broke or 0,
-- since, info, whether it has a name -> whether the holder is known
function answers.apply()
  local holder = ARGV[own]
  if not redis.call('ZSCORE', K .. 'leases', holder) then
    return {0}
  end
  for i = own + 1, #ARGV, 8 do
    local channel, subject, count = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
    local added, grace = ARGV[i + 3] == '1', tonumber(ARGV[i + 4])
    if added then
      redis.call('ZREM', K .. 'breaks', channel .. '\n' .. subject)
    end
    hold(holder, channel, subject, count)
    local stays = grace > 0 and broke(channel, subject, grace)
    if count > 0 or stays then
      appear(channel, subject, ARGV[i + 5], ARGV[i + 6], ARGV[i + 7] == '1', added)
    end
    judge(channel, subject)
  end
  return {1}
end

-- holder, then for each channel its number of readers at this gateway -> whether the holder is known
function answers.readers()
  local holder = ARGV[own]
  if not redis.call('ZSCORE', K .. 'leases', holder) then
    return {0}
  end
  for i = own + 1, #ARGV, 2 do
    local channel, count = ARGV[i], tonumber(ARGV[i + 1])
    if count > 0 then
      redis.call('HSET', K .. 'readers:' .. channel, holder, count)
      redis.call('HSET', K .. 'held:' .. holder, '\n' .. channel, count)
    else
      redis.call('HDEL', K .. 'readers:' .. channel, holder)
      redis.call('HDEL', K .. 'held:' .. holder, '\n' .. channel)
    end
  end
  return {1}
end

-- A subject leaves: channel, subject, for how long the end of a connection that it still has counts as leaving
function answers.leave()
  local channel, subject = ARGV[own], ARGV[own + 1]
  local field = channel .. '\n' .. subject
  if redis.call('HEXISTS', K .. 'holders:' .. channel, subject) == 1 then
    redis.call('ZADD', K .. 'leaving', now + tonumber(ARGV[own + 2]), field)
  else
    redis.call('ZREM', K .. 'breaks', field)
    judge(channel, subject)
  end
  return {1}
end

-- channel, a version or 0, most members of a list -> version, count, and what: 0 the count alone, 1 all members, 2 those
-- that have changed after that version; each with what is known of it, or nothing if it is gone
function answers.look()
  local channel, since, most = ARGV[own], tonumber(ARGV[own + 1]), tonumber(ARGV[own + 2])
  sweep()
  local members = K .. 'members:' .. channel
  local count = redis.call('HLEN', members)
  local answer = {version(), count, 0, {}}
  if count > most then
    return answer
  end
  local log = K .. 'log:' .. channel
  local floor = tonumber(redis.call('ZSCORE', log, '\n') or 0)
  local subjects
  if since > 0 and since >= floor and redis.call('EXISTS', log) == 1 then
    answer[3] = 2
    subjects = redis.call('ZRANGEBYSCORE', log, '(' .. since, '+inf')
  else
    answer[3] = 1
    subjects = redis.call('ZRANGE', K .. 'names:' .. channel, 0, -1)
  end
  for _, subject in ipairs(subjects) do
    local first = string.byte(subject, 1)
    if first ~= 1 and first ~= 10 then
      table.insert(answer[4], subject)
      table.insert(answer[4], redis.call('HGET', members, subject) or '')
    end
  end
  return answer
end

-- channel, the subject before the page, its size -> whether settled, counts of members, connections and readers, members
function answers.page()
  local channel, after, limit = ARGV[own], ARGV[own + 1], tonumber(ARGV[own + 2])
  sweep()
  local members = K .. 'members:' .. channel
  local list = {}
  local from = after == '' and '-' or '(' .. after
  for _, subject in ipairs(redis.call('ZRANGEBYLEX', K .. 'names:' .. channel, from, '+', 'LIMIT', 0, limit)) do
    table.insert(list, subject)
    table.insert(list, redis.call('HGET', members, subject) or '')
  end
  local connections = tonumber(redis.call('HGET', K .. 'connections', channel) or 0)
  return {settled and 1 or 0, redis.call('HLEN', members), connections, readers(channel), list}
end

return answers[command]()
