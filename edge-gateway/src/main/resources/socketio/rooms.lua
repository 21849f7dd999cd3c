-- What a socket of Socket.IO is to have again when its client comes back. It is kept for a while after it was last written.
--
-- KEYS[1]: that of one session. ARGV: how long it is kept, ms, and what; without the second, it is read.
if ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
  return {}
end
return {redis.call('GET', KEYS[1]) or ''}
