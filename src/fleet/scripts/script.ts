import { createHash } from 'node:crypto';

/** The names of the scripts that a store runs. */
export type ScriptName = 'tick' | 'vote' | 'lease' | 'settle' | 'order' | 'leave' | 'survey' | 'look';

/**
 * A script of the fleet, which a store runs as a whole: no other script runs in the middle of it. It takes and returns strings,
 * and lists of strings.
 */
export interface FleetScript {
  readonly name: ScriptName;
  /** In Lua, for Redis 5 or later and Valkey. */
  readonly source: string;
  /** The SHA-1 of the source, in hexadecimal, by which `EVALSHA` knows it. */
  readonly sha: string;
}

/** What every script begins with: the time is that of the server, so that the clocks of members are never compared. */
const prelude = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
`;

/**
 * A server that is full refuses a script whose first write takes room. What is written here is little and expires, so that the
 * first write is one that takes none.
 */
const roomless = `
redis.call('HDEL', KEYS[1], '')
`;

/** Writes what has happened where all members read it, and tells those that listen. */
const announcement = `
local function announce(change, changes, meta, channel)
  local seq = math.max(tonumber(redis.call('HGET', meta, 'seq') or '0') + 1, now)
  local message = cjson.encode(change)
  redis.call('HSET', meta, 'seq', text(seq))
  redis.call('PEXPIRE', meta, 3600000)
  redis.call('ZADD', changes, text(seq), message)
  redis.call('ZREMRANGEBYSCORE', changes, '-inf', text(now - 3600000))
  redis.call('PEXPIRE', changes, 3600000)
  redis.call('PUBLISH', channel, message)
  return message
end
`;

/** Opens or closes a circuit for all. A later verdict has a higher epoch, even if the store has lost its data in between. */
const verdict = `
local function nextEpoch(circuit, known)
  return math.max(tonumber(redis.call('HGET', circuit, 'epoch') or '0') + 1, known + 1, now)
end
local function decide(circuit, changes, meta, channel, decision)
  local old = redis.call('HGET', circuit, 'change')
  if old then redis.call('ZREM', changes, old) end
  local change = announce(decision, changes, meta, channel)
  redis.call('HSET', circuit, 'state', decision.state, 'epoch', text(decision.epoch), 'change', change)
  return change
end
local function backoff(step, min, factor, max, asked)
  local ms = min * factor ^ step
  if ms ~= ms or ms > max then ms = max end
  return math.ceil(math.max(ms, min, asked))
end
local function open(keys, step, ms, category, id, name, known, sole)
  local gone = 4 * ms + 600000
  local epoch = nextEpoch(keys.circuit, known)
  local change = decide(keys.circuit, keys.changes, keys.meta, keys.channel, {
    id = id, name = name, state = 'open', epoch = epoch, at = now,
    ['until'] = now + ms, gone = now + gone, category = category, sole = sole
  })
  redis.call('HSET', keys.circuit, 'name', name, 'until', text(now + ms), 'step', text(step), 'category', category, 'sole', sole)
  redis.call('HDEL', keys.circuit, 'holder', 'token', 'leaseEnd')
  redis.call('PEXPIRE', keys.circuit, gone)
  return change
end
local function close(keys, id, name, known)
  local change = decide(keys.circuit, keys.changes, keys.meta, keys.channel, {
    id = id, name = name, state = 'closed', epoch = nextEpoch(keys.circuit, known), at = now,
    ['until'] = now, gone = now, category = ''
  })
  redis.call('HSET', keys.circuit, 'name', name)
  redis.call('HDEL', keys.circuit, 'until', 'step', 'category', 'sole', 'holder', 'token', 'leaseEnd')
  redis.call('PEXPIRE', keys.circuit, 600000)
  return change
end
`;

/**
 * What a script begins with that may open a circuit for all, at the word of a member.
 *
 * Keys: circuit, votes, callers, changes, meta.
 * Arguments: member, id, name, channel, two of the script's own, the last epoch that the member knows, its own wait in ms, the
 * settings of the backoff (shortest, factor, longest), the category of the failure.
 */
const ruling = `
local keys = { circuit = KEYS[1], changes = KEYS[4], meta = KEYS[5], channel = ARGV[4] }
local votes, callers = KEYS[2], KEYS[3]
local member, id, name, known = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[7])
local function note(list)
  redis.call('ZADD', list, text(now + 60000), member)
  redis.call('PEXPIRE', list, 60000)
end
local function openAt(step, sole)
  local ms = backoff(step, tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[8]))
  return open(keys, step, ms, ARGV[12], id, name, known, sole)
end
`;

/** The parts that scripts share. */
export const parts = { announcement, roomless, ruling, verdict } as const;

/** Makes a script of its own part and of those that it shares with others. */
export function script(name: ScriptName, ...sources: readonly string[]): FleetScript {
  const source = `${prelude}${sources.join('')}`;
  return Object.freeze({ name, source, sha: createHash('sha1').update(source).digest('hex') });
}
