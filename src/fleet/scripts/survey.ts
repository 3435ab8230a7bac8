import { script } from './script.ts';

/**
 * What there is, for an operator to look at.
 *
 * Keys: members, index, orders.
 * Returns: the server's time, the names of members, the ids of circuits that somebody has voted on of late, orders.
 */
export const survey = script(
  'survey',
  `
return {
  text(now),
  redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf'),
  redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. text(now), '+inf'),
  redis.call('HVALS', KEYS[3])
}
`,
);

/**
 * A closer look at circuits. Keys: for each circuit itself, its votes and its callers.
 *
 * Returns for each: name, state, epoch, until, step, category, holder of the lease and its end, who has voted, how many call it.
 */
export const look = script(
  'look',
  `
local found = {}
for at = 1, #KEYS, 3 do
  local fields = redis.call('HMGET', KEYS[at], 'name', 'state', 'epoch', 'until', 'step', 'category', 'holder', 'leaseEnd')
  for index = 1, 8 do fields[index] = fields[index] or '' end
  fields[9] = redis.call('ZRANGEBYSCORE', KEYS[at + 1], '(' .. text(now), '+inf')
  fields[10] = text(redis.call('ZCOUNT', KEYS[at + 2], '(' .. text(now), '+inf'))
  found[#found + 1] = fields
end
return found
`,
);
