-- Count the members of scopes, each after it has taken in who asks.
--
-- KEYS[i] scope: a sorted set of members by the ms of their first time
-- ARGV[1] MessagePack: how many members are kept, for how many seconds beyond the longest window,
--         how many others are named; then of each key the question: member (empty = nobody), ms,
--         windows in ms, whether to name others
--
-- Returns of each key the counts, one a window, the others, and how many there are around the time
-- (0 where nobody is to be named).
local kept, expiry_s, named, questions = unpack(cmsgpack.unpack(ARGV[1]))

local function since(at_ms, window)
    return string.format('(%.0f', at_ms - window)
end

local answers = {}
for i, key in ipairs(KEYS) do
    local member, at_ms, windows, tell = unpack(questions[i])
    if member ~= '' then
        if redis.call('ZADD', key, 'LT', at_ms, member) == 1 then
            redis.call('ZREMRANGEBYRANK', key, 0, -1 - kept)
        end
        redis.call('EXPIRE', key, expiry_s + math.ceil(math.max(unpack(windows)) / 1000))
    end
    local counts, others, around = {}, {}, 0
    for at, window in ipairs(windows) do
        counts[at] = redis.call('ZCOUNT', key, since(at_ms, window), at_ms)
    end
    -- True again for a record that is delivered again: its member still has that time.
    if tell and member ~= '' and tonumber(redis.call('ZSCORE', key, member) or '-1') == at_ms then
        local first, last = since(at_ms, windows[1]), string.format('(%.0f', at_ms + windows[1])
        around = redis.call('ZCOUNT', key, first, last)
        local found = {}
        if around > 1 then
            found = redis.call('ZREVRANGEBYSCORE', key, last, first, 'LIMIT', 0, named + 1)
        end
        for _, name in ipairs(found) do
            if name ~= member and #others < named then
                others[#others + 1] = name
            end
        end
    end
    answers[i] = {counts, others, around}
end
return answers
