-- Count the sign-ins of a store that a source brings, each record once.
--
-- KEYS[1] counts by name, and the marks: source -> offset of the last record counted
-- KEYS[2] pseudonym of a customer -> offset of the record that brought it
-- ARGV[1] MessagePack: field of the source's mark; names of counts; sign-ins by rising offset:
--         each its offset, pseudonym, and the places of its names in the list of names
--
-- Returns the counts after all of that, the number of customers, and of each sign-in whether it
-- brought its customer (1 or 0). What was counted before is not counted again.
local mark_field, names, sign_ins = unpack(cmsgpack.unpack(ARGV[1]))
local mark = tonumber(redis.call('HGET', KEYS[1], mark_field) or '-1')
local newest = sign_ins[#sign_ins][1]
if newest > mark then
    -- First of all: a server without memory refuses this write, and none after it.
    redis.call('HSET', KEYS[1], mark_field, newest)
end
local added, brought = {}, {}
for i, sign_in in ipairs(sign_ins) do
    local offset, customer = sign_in[1], sign_in[2]
    if offset > mark then
        brought[i] = redis.call('HSETNX', KEYS[2], customer, offset)
        for at = 3, #sign_in do
            added[sign_in[at]] = (added[sign_in[at]] or 0) + 1
        end
    else
        local first = tonumber(redis.call('HGET', KEYS[2], customer))
        brought[i] = first == offset and 1 or 0
    end
end
local counts = {}
for at, name in ipairs(names) do
    if added[at] then
        counts[at] = redis.call('HINCRBY', KEYS[1], name, added[at])
    else
        counts[at] = tonumber(redis.call('HGET', KEYS[1], name))
    end
end
return {counts, redis.call('HLEN', KEYS[2]), brought}
