import { parts, script } from './script.ts';

/**
 * The probe of a member has ended. An older token moves nothing.
 *
 * Keys: circuit, votes, callers, changes, meta.
 * Arguments: member, id, name, channel, token, outcome (`works`, `fails`, or `released` if the probe says nothing), the last
 * epoch that the member knows, its own wait in ms, the settings of the backoff (shortest, factor, longest), the category of the
 * failure.
 * Returns: `late`, `released` or `moved`, and the verdict if there is one.
 */
export const settle = script(
  'settle',
  parts.roomless,
  parts.announcement,
  parts.verdict,
  `
local keys = { circuit = KEYS[1], changes = KEYS[4], meta = KEYS[5], channel = ARGV[4] }
local member, id, name, outcome = ARGV[1], ARGV[2], ARGV[3], ARGV[6]
local token, step = unpack(redis.call('HMGET', keys.circuit, 'token', 'step'))
if token ~= ARGV[5] then return { 'late', '' } end
if outcome == 'released' then
  redis.call('HDEL', keys.circuit, 'holder', 'token', 'leaseEnd')
  return { 'released', '' }
end
redis.call('ZADD', KEYS[3], text(now + 60000), member)
redis.call('PEXPIRE', KEYS[3], 60000)
if outcome == 'works' then
  redis.call('DEL', KEYS[2])
  return { 'moved', close(keys, id, name, tonumber(ARGV[7])) }
end
redis.call('ZADD', KEYS[2], text(now + 60000), member)
redis.call('PEXPIRE', KEYS[2], 60000)
local later = tonumber(step or '0') + 1
local ms = backoff(later, tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[8]))
return { 'moved', open(keys, later, ms, ARGV[12], id, name, tonumber(ARGV[7])) }
`,
);
