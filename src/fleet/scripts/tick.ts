import { script } from './script.ts';

/**
 * The one question of a member that goes on all the time: it gives its signs of life and reads what has changed.
 *
 * Keys: changes, meta, members, orders, then for each circuit that was called its votes and its callers.
 * Arguments: member, how long a member is remembered in ms, the number of the last change that it has read, the most changes to
 * read, `1` to read all orders, and a word for each circuit: `works` takes the member's vote back, `called` does not.
 * Returns: the server's time, the birth of the data, changes each with its number, orders.
 */
export const tick = script(
  'tick',
  `
local changes, meta, members, orders = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local member, memberMs = ARGV[1], tonumber(ARGV[2])
-- First, because a server that is full refuses a script whose first write takes room.
redis.call('PEXPIRE', meta, 3600000)
local born = redis.call('HGET', meta, 'born')
if not born then
  born = text(now) .. ' ' .. member
  redis.call('HSET', meta, 'born', born)
end
redis.call('PEXPIRE', meta, 3600000)
redis.call('ZREMRANGEBYSCORE', members, '-inf', text(now))
redis.call('ZADD', members, text(now + memberMs), member)
redis.call('PEXPIRE', members, memberMs)
for at = 5, #KEYS, 2 do
  if ARGV[6 + (at - 5) / 2] == 'works' then redis.call('ZREM', KEYS[at], member) end
  redis.call('ZADD', KEYS[at + 1], text(now + 60000), member)
  redis.call('PEXPIRE', KEYS[at + 1], 60000)
end
return {
  text(now), born,
  redis.call('ZRANGEBYSCORE', changes, '(' .. ARGV[3], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[4]),
  ARGV[5] == '1' and redis.call('HVALS', orders) or {}
}
`,
);
