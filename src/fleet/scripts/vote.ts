import { parts, script } from './script.ts';

/**
 * A circuit has tripped at one member, which votes to open it for all.
 *
 * Keys: circuit, votes, callers, changes, meta, members, index.
 * Arguments: member, id, name, channel, minVotes, share, the last epoch that the member knows, its own wait in ms, the settings
 * of the backoff (shortest, factor, longest), the category of the failure, and `1` if the member has waited for other callers.
 * Returns: `alone` if other members may not have been heard of yet, `counted`, or `open`; votes, callers, needed votes, and the
 * verdict if there is one; the server's time.
 */
export const vote = script(
  'vote',
  parts.roomless,
  parts.announcement,
  parts.verdict,
  `
local keys = { circuit = KEYS[1], changes = KEYS[4], meta = KEYS[5], channel = ARGV[4] }
local votes, callers, members, index = KEYS[2], KEYS[3], KEYS[6], KEYS[7]
local member, id, name = ARGV[1], ARGV[2], ARGV[3]
for _, key in ipairs({ votes, callers }) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
  redis.call('ZADD', key, text(now + 60000), member)
  redis.call('PEXPIRE', key, 60000)
end
redis.call('ZADD', index, text(now + 3600000), id)
redis.call('ZREMRANGEBYSCORE', index, '-inf', text(now))
redis.call('PEXPIRE', index, 3600000)
redis.call('HSET', keys.circuit, 'name', name)
if redis.call('PTTL', keys.circuit) < 600000 then redis.call('PEXPIRE', keys.circuit, 600000) end
local given, called = redis.call('ZCARD', votes), redis.call('ZCARD', callers)
local needed = math.max(math.min(tonumber(ARGV[5]), called), math.ceil(tonumber(ARGV[6]) * called))
local function answer(word, change)
  return { word, text(given), text(called), text(needed), change or '', text(now) }
end
if redis.call('HGET', keys.circuit, 'state') == 'open' then
  return answer('open', redis.call('HGET', keys.circuit, 'change'))
end
if called == 1 and ARGV[13] ~= '1' and redis.call('ZCARD', members) > 1 then return answer('alone') end
if given < needed then return answer('counted') end
local ms = backoff(0, tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[8]))
return answer('open', open(keys, 0, ms, ARGV[12], id, name, tonumber(ARGV[7])))
`,
);
