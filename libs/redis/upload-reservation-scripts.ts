/*
 * A token's reservation is one hash: `holder` and `until` (in milliseconds) of whoever took it last and did not let it go,
 * and over all attempts `attempts` and `received` (in bytes).
 */

/**
 * - `KEYS`: the token's
 * - `ARGV`: the holder; now; until when it will hold the token; most attempts; most bytes; milliseconds to keep the hash
 * - Reply: `reserved`, `spent`, or until when somebody else holds it
 */
export const RESERVE_SCRIPT = `
local stored = redis.call('HMGET', KEYS[1], 'holder', 'until', 'attempts', 'received')
local isHeld = stored[1] and tonumber(stored[2]) > tonumber(ARGV[2])
if isHeld and stored[1] ~= ARGV[1] then return stored[2] end
if not isHeld then
  if tonumber(stored[3] or 0) >= tonumber(ARGV[4]) or tonumber(stored[4] or 0) >= tonumber(ARGV[5]) then
    return 'spent'
  end
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 'reserved'
`;

/**
 * - `KEYS`: the token's
 * - `ARGV`: the holder; until when it will hold the token; bytes to add; least milliseconds to keep the hash
 * - Reply: 1, or 0 when it is not this holder's
 */
export const RENEW_SCRIPT = `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'received', ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1
`;

/**
 * - `KEYS`: the token's
 * - `ARGV`: the holder; bytes to add
 */
export const RELEASE_SCRIPT = `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'holder', 'until')
redis.call('HINCRBY', KEYS[1], 'received', ARGV[2])
return 1
`;
