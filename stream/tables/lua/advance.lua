-- Raise a watermark; it never goes back.
--
-- KEYS[1] hash   ARGV[1] field   ARGV[2] watermark, ms
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or tonumber(known) < tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 1
