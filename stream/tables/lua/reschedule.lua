-- Move customers to their next due time, each only if it still stands where it was seen.
--
-- KEYS[1] sorted set   ARGV: member, seen time, next time (empty = never), repeated
for i = 1, #ARGV, 3 do
    local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
    if score and tonumber(score) == tonumber(ARGV[i + 1]) then
        if ARGV[i + 2] == '' then
            redis.call('ZREM', KEYS[1], ARGV[i])
        else
            redis.call('ZADD', KEYS[1], ARGV[i + 2], ARGV[i])
        end
    end
end
return 1
