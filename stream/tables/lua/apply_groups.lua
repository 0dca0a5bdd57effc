-- Add to the sums of groups what some records of a partition change, if nobody did meanwhile.
--
-- KEYS[1] mark    KEYS[2] members    KEYS[3] customers by group    KEYS[3 + i] sums of a group
-- ARGV[1] mark that was seen (-1 = none)    ARGV[2] new mark    ARGV[3] number of members
-- then of each member its name and its stored form
-- then of each group its name, the number of its sums, and of each sum its name and what is added
--
-- Returns 1, or 0 where the mark has moved: nothing is changed then.
if (redis.call('GET', KEYS[1]) or '-1') ~= ARGV[1] then
    return 0
end
-- First of all: a server without memory refuses this write, and none after it.
redis.call('SET', KEYS[1], ARGV[2])

-- A sum that becomes 0 is removed. What is added stays a string: Lua's numbers are not exact.
local function add(key, name, by)
    if redis.call('HINCRBY', key, name, by) == 0 then
        redis.call('HDEL', key, name)
    end
end

local at = 4
for _ = 1, tonumber(ARGV[3]) do
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
    at = at + 2
end
for i = 4, #KEYS do
    local group, count = ARGV[at], tonumber(ARGV[at + 1])
    at = at + 2
    for _ = 1, count do
        add(KEYS[i], ARGV[at], ARGV[at + 1])
        if ARGV[at] == 'customers' then
            add(KEYS[3], group, ARGV[at + 1])
        end
        at = at + 2
    end
end
return 1
