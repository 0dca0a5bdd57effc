-- Store records of customers, each only if nobody wrote it since it was read.
--
-- KEYS[i]               record of one customer (a hash)
-- ARGV[8 * i - 7]       revision that is to be stored; the stored one must be one less, 0 = none
-- ARGV[8 * i - 6]       version
-- ARGV[8 * i - 5]       state, binary
-- ARGV[8 * i - 4]       document, JSON; empty = erased: the document is removed
-- ARGV[8 * i - 3]       segment moves of this revision, JSON; empty = none
-- ARGV[8 * i - 2]       token of the write that brought the version
-- ARGV[8 * i - 1]       risk alerts of this revision, JSON; empty = none
-- ARGV[8 * i]           what was alerted so far, JSON; empty = nothing
--
-- Returns one number a key: 1 stored, 0 conflict.

-- A field that a record may lack: kept, or taken away where it is empty.
local function put(key, name, value)
    if value == '' then
        redis.call('HDEL', key, name)
    else
        redis.call('HSET', key, name, value)
    end
end

local stored = {}
for i, key in ipairs(KEYS) do
    local base = 8 * (i - 1)
    local revision = tonumber(ARGV[base + 1])
    if tonumber(redis.call('HGET', key, 'r') or '0') == revision - 1 then
        redis.call('HSET', key, 'r', ARGV[base + 1], 'v', ARGV[base + 2], 's', ARGV[base + 3],
            't', ARGV[base + 6])
        put(key, 'd', ARGV[base + 4])
        if ARGV[base + 5] == '' and ARGV[base + 7] == '' and ARGV[base + 8] == '' then
            redis.call('HDEL', key, 'm', 'a', 'l')  -- as it is nearly always
        else
            put(key, 'm', ARGV[base + 5])
            put(key, 'a', ARGV[base + 7])
            put(key, 'l', ARGV[base + 8])
        end
        stored[i] = 1
    else
        stored[i] = 0
    end
end
return stored
