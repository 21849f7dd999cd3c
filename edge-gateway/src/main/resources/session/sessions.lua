-- Which connection has a session. A session lives as long as its connection's gateway renews it, and for a while after it.
-- Redis' clock judges, by the expiry of keys.
--
-- KEYS[1]: the beginning of all keys, with a hash tag. ARGV: command, how long a session lives that is not renewed, ms,
-- and the command's own. A connection is an opaque text; it is empty once it has ended.
local K, command, keep = KEYS[1], ARGV[1], ARGV[2]
local answers = {}

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The calls of a session that have no answer: each with the ms that are left until its deadline, 0 or less if it is over.
local function calls(id)
  local all, left = redis.call('HGETALL', K .. 'calls:' .. id), {}
  for i = 1, #all, 2 do
    table.insert(left, all[i])
    table.insert(left, all[i + 1] - now())
  end
  return left
end

-- id, connection -> whether the session lives, which connection had it, its calls, and a number greater than that of all
-- claims before
function answers.claim()
  local before = redis.call('GET', K .. ARGV[3])
  if not before then
    return {0, '', {}, 0}
  end
  redis.call('SET', K .. ARGV[3], ARGV[4], 'PX', keep)
  return {1, before, calls(ARGV[3]), redis.call('INCR', K .. 'claims')}
end

-- ids, calls, ms until their deadlines or nothing for calls that have their answers -> nothing
-- Calls are opaque texts. They are kept for a while after their deadlines.
function answers.note()
  for i = 3, #ARGV, 3 do
    local key, call, left = K .. 'calls:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2]
    if left == '' then
      redis.call('HDEL', key, call)
    else
      redis.call('HSET', key, call, string.format('%d', now() + left))
      redis.call('PEXPIRE', key, math.max(redis.call('PTTL', key), left + keep))
    end
  end
  return {}
end

-- ids and connections -> the ids that other connections have by now
function answers.renew()
  local taken = {}
  for i = 3, #ARGV, 2 do
    local has = redis.call('GET', K .. ARGV[i])
    if not has or has == ARGV[i + 1] then
      redis.call('SET', K .. ARGV[i], ARGV[i + 1], 'PX', keep)
    else
      table.insert(taken, ARGV[i])
    end
  end
  return taken
end

-- id, connection: the connection has ended, and the session lives on for a while
function answers.finish()
  if redis.call('GET', K .. ARGV[3]) == ARGV[4] then
    redis.call('SET', K .. ARGV[3], '', 'PX', keep)
  end
  return {}
end

-- id -> the connection that has the session; empty for none
function answers.holder()
  return {redis.call('GET', K .. ARGV[3]) or ''}
end

return answers[command]()
