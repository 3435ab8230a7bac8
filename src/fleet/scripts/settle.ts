import { parts, script } from './script.ts';

/**
 * The probe of a member has ended. An older token moves nothing.
 *
 * Keys and arguments: those of `parts.ruling`, whose own two are the token, and the outcome: `works`, `fails`, or `released` if the
 * probe says nothing.
 * Returns: `late`, `released` or `moved`, and the verdict if there is one.
 */
export const settle = script(
  'settle',
  parts.roomless,
  parts.announcement,
  parts.verdict,
  parts.ruling,
  `
local given, outcome = ARGV[5], ARGV[6]
local token, step, sole = unpack(redis.call('HMGET', keys.circuit, 'token', 'step', 'sole'))
if token ~= given then return { 'late', '' } end
if outcome == 'released' then
  redis.call('HDEL', keys.circuit, 'holder', 'token', 'leaseEnd')
  return { 'released', '' }
end
note(callers)
if outcome == 'works' then
  redis.call('DEL', votes)
  return { 'moved', close(keys, id, name, known) }
end
note(votes)
-- What one member says is no more certain when the same one says it again.
return { 'moved', openAt(tonumber(step or '0') + 1, sole == member and member or '') }
`,
);
