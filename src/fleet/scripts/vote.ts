import { parts, script } from './script.ts';

/**
 * A circuit has tripped at one member, which votes to open it for all.
 *
 * Keys: those of `parts.ruling`, members, index.
 * Arguments: those of `parts.ruling`, whose own two are minVotes and share, and `1` if the member has waited for other callers.
 * Returns: `alone` if other members may not have been heard of yet, `counted`, or `open`; votes, callers, needed votes, and the
 * verdict if there is one; the server's time.
 */
export const vote = script(
  'vote',
  parts.roomless,
  parts.announcement,
  parts.verdict,
  parts.ruling,
  `
local members, index = KEYS[6], KEYS[7]
local minVotes, share, hasWaited = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[13] == '1'
for _, list in ipairs({ votes, callers }) do
  redis.call('ZREMRANGEBYSCORE', list, '-inf', text(now))
  note(list)
end
redis.call('ZADD', index, text(now + 3600000), id)
redis.call('ZREMRANGEBYSCORE', index, '-inf', text(now))
redis.call('PEXPIRE', index, 3600000)
redis.call('HSET', keys.circuit, 'name', name)
if redis.call('PTTL', keys.circuit) < 600000 then redis.call('PEXPIRE', keys.circuit, 600000) end
local given, called = redis.call('ZCARD', votes), redis.call('ZCARD', callers)
local needed = math.max(math.min(minVotes, called), math.ceil(share * called))
local function answer(word, change)
  return { word, text(given), text(called), text(needed), change or '', text(now) }
end
if redis.call('HGET', keys.circuit, 'state') == 'open' then
  return answer('open', redis.call('HGET', keys.circuit, 'change'))
end
if called == 1 and not hasWaited and redis.call('ZCARD', members) > 1 then return answer('alone') end
if given < needed then return answer('counted') end
return answer('open', openAt(0, called == 1 and member or ''))
`,
);
