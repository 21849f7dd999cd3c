-- Which connection has a session. A session lives as long as its connection's gateway renews it, and for a while after it.
-- Redis' clock judges, by the expiry of keys.
--
-- KEYS[1]: the beginning of all keys, with a hash tag. ARGV: command, how long a session lives that is not renewed, ms,
-- and the command's own. A connection is an opaque text; it is empty once it has ended.
local K, command, keep = KEYS[1], ARGV[1], ARGV[2]
local answers = {}

-- id, connection -> whether the session lives, and which connection had it
function answers.claim()
  local before = redis.call('GET', K .. ARGV[3])
  if before then
    redis.call('SET', K .. ARGV[3], ARGV[4], 'PX', keep)
  end
  return {before and 1 or 0, before or ''}
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
