-- What a socket of Socket.IO is to have again when its client comes back. It is kept for a while after it was last written.
-- A connection that has lost its session, and does not know it yet, writes nothing any more.
--
-- KEYS[1]: that of one session. ARGV: how long it is kept, ms, the connection's claim of the session, and what; without the
-- third, it is read and belongs to that claim from then on. The answer: whether the claim is the newest, and what is kept.
local value = redis.call('GET', KEYS[1])
local claim, kept = 0, ''
if value then
  local at = string.find(value, '\n', 1, true)
  claim, kept = tonumber(string.sub(value, 1, at - 1)), string.sub(value, at + 1)
end
if claim > tonumber(ARGV[2]) then
  return {0, ''}
end
if ARGV[3] or value then
  redis.call('SET', KEYS[1], ARGV[2] .. '\n' .. (ARGV[3] or kept), 'PX', ARGV[1])
end
return {1, kept}
