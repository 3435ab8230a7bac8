import { parts, script } from './script.ts';

/**
 * An operator gives an order for all members. What is isolated or disabled stays so until it is released, also for members that
 * join later.
 *
 * Keys: circuit, votes, changes, meta, orders.
 * Arguments: id, name, channel, order, after how long an isolation ends in ms or `0`, the last epoch that the member knows,
 * tool, key or nothing.
 * Returns: the order as members read it.
 */
export const order = script(
  'order',
  parts.roomless,
  parts.announcement,
  parts.verdict,
  `
local keys = { circuit = KEYS[1], changes = KEYS[3], meta = KEYS[4], channel = ARGV[3] }
local orders, id, name, word, ms = KEYS[5], ARGV[1], ARGV[2], ARGV[4], tonumber(ARGV[5])
local old = redis.call('HGET', orders, id)
if old then redis.call('ZREM', keys.changes, old) end
-- No two orders for one circuit have the same time.
local at = old and math.max(now, cjson.decode(old).at + 1) or now
if word == 'close' then
  redis.call('DEL', KEYS[2])
  close(keys, id, name, tonumber(ARGV[6]))
end
local change = announce({
  id = id, name = name, tool = ARGV[7], key = ARGV[8], order = word, at = at,
  ['until'] = ms > 0 and now + ms or 0
}, keys.changes, keys.meta, keys.channel)
if word == 'isolate' or word == 'disable' then
  redis.call('HSET', orders, id, change)
else
  redis.call('HDEL', orders, id)
end
return change
`,
);
