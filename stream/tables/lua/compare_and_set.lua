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
local names = {'r', 'v', 's', 'd', 'm', 't', 'a', 'l'}
local may_be_absent = {d = true, m = true, a = true, l = true}
local stored = {}
for i, key in ipairs(KEYS) do
    local base = #names * (i - 1)
    if tonumber(redis.call('HGET', key, 'r') or '0') == tonumber(ARGV[base + 1]) - 1 then
        local kept, gone = {}, {}
        for j, name in ipairs(names) do
            local value = ARGV[base + j]
            if value == '' and may_be_absent[name] then
                gone[#gone + 1] = name
            else
                kept[#kept + 1] = name
                kept[#kept + 1] = value
            end
        end
        -- This first: a server without memory refuses it, and nothing is changed then.
        redis.call('HSET', key, unpack(kept))
        if #gone > 0 then
            redis.call('HDEL', key, unpack(gone))
        end
        stored[i] = 1
    else
        stored[i] = 0
    end
end
return stored
