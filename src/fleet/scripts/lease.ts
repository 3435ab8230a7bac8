import { parts, script } from './script.ts';

/**
 * A member asks to make the one probe of a circuit that is open for all.
 *
 * Keys: circuit. Arguments: member, a token that nobody else has, how long the lease lasts in ms.
 * Returns: `granted`, `taken`, `early` or `closed`; for how long in ms; the verdict if the circuit is closed.
 */
export const lease = script(
  'lease',
  parts.roomless,
  `
local circuit = KEYS[1]
local state, till, holder, leaseEnd, change, sole =
  unpack(redis.call('HMGET', circuit, 'state', 'until', 'holder', 'leaseEnd', 'change', 'sole'))
if state ~= 'open' then return { 'closed', '0', change or '' } end
-- It may be open on the word of one member alone, which then waits alone.
local waits = not sole or sole == '' or sole == ARGV[1]
if waits and tonumber(till) > now then return { 'early', text(tonumber(till) - now), change } end
if holder and holder ~= ARGV[1] and tonumber(leaseEnd) > now then
  return { 'taken', text(tonumber(leaseEnd) - now), '' }
end
local ms = tonumber(ARGV[3])
redis.call('HSET', circuit, 'holder', ARGV[1], 'token', ARGV[2], 'leaseEnd', text(now + ms))
if redis.call('PTTL', circuit) < ms + 600000 then redis.call('PEXPIRE', circuit, text(ms + 600000)) end
return { 'granted', text(ms), '' }
`,
);
