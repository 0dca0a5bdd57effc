-- Change a field of a hash, if it still is what it was seen to be.
--
-- KEYS[1] hash   ARGV[1] field   ARGV[2] value that was seen   ARGV[3] new value
--
-- Returns 1, or 0 where it is another: nothing is changed then.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
