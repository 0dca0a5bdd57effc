-- Store records of customers, each only if nobody wrote it since it was read.
--
-- KEYS[i]               record of one customer (a hash)
-- ARGV[6 * i - 5]       revision that is to be stored; the stored one must be one less, 0 = none
-- ARGV[6 * i - 4]       version
-- ARGV[6 * i - 3]       state, binary
-- ARGV[6 * i - 2]       document, JSON; empty = erased: the document is removed
-- ARGV[6 * i - 1]       segment moves of this revision, JSON; empty = none
-- ARGV[6 * i]           token of the write that brought the version
--
-- Returns one number a key: 1 stored, 0 conflict.
local stored = {}
for i, key in ipairs(KEYS) do
    local base = 6 * (i - 1)
    local revision = tonumber(ARGV[base + 1])
    if tonumber(redis.call('HGET', key, 'r') or '0') == revision - 1 then
        redis.call('HSET', key, 'r', ARGV[base + 1], 'v', ARGV[base + 2], 's', ARGV[base + 3],
            't', ARGV[base + 6])
        if ARGV[base + 4] == '' then
            redis.call('HDEL', key, 'd')
        else
            redis.call('HSET', key, 'd', ARGV[base + 4])
        end
        if ARGV[base + 5] == '' then
            redis.call('HDEL', key, 'm')
        else
            redis.call('HSET', key, 'm', ARGV[base + 5])
        end
        stored[i] = 1
    else
        stored[i] = 0
    end
end
return stored
