import { type Clock, systemClock } from '../time/clock.ts';
import { Keyspace, type Scores } from './keyspace.ts';
import type { FleetScript, ScriptName } from './scripts/index.ts';
import type { FleetStore } from './store.ts';

/** Options of a memory store. */
export interface MemoryStoreOptions {
  /** The source of time. Default: the host's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** A store in this process. */
export interface MemoryStore extends FleetStore {
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => void>;
  /** Forgets everything, as a server of Redis does that is started anew or told to. */
  flush(): void;
}

/** How long votes and calls count, and changes are kept, in ms. */
const voteMs = 60_000;
const changesMs = 3_600_000;
const circuitMs = 600_000;

type Fields = Map<string, string>;

interface Decision {
  readonly state: 'open' | 'closed';
  readonly ms: number;
  readonly goneMs: number;
  readonly category: string;
  readonly sole: string;
}

interface Backoff {
  readonly askedMs: number;
  readonly min: number;
  readonly factor: number;
  readonly max: number;
}

const backoffMs = (step: number, { askedMs, min, factor, max }: Backoff): number => {
  const ms = min * factor ** step;
  return Math.ceil(Math.max(Number.isNaN(ms) || ms > max ? max : ms, min, askedMs));
};

/** The scripts of a fleet in TypeScript: the contract suite holds them against those in Lua on a real server. */
class Scripts {
  readonly #keyspace: Keyspace;
  readonly #now: () => number;
  readonly #publish: (channel: string, message: string) => void;

  constructor(keyspace: Keyspace, now: () => number, publish: (channel: string, message: string) => void) {
    this.#keyspace = keyspace;
    this.#now = now;
    this.#publish = publish;
  }

  tick(keys: readonly string[], args: readonly string[]): unknown {
    const [changes = '', meta = '', members = '', orders = '', ...called] = keys;
    const [member = '', memberMs, cursor, limit, wantsOrders, ...words] = args;
    const now = this.#now();
    const fields = this.#hash(meta);
    const born = fields.get('born') ?? `${now} ${member}`;
    fields.set('born', born);
    this.#keyspace.hashes.expire(meta, now, changesMs);
    this.#add(members, member, Number(memberMs));
    words.forEach((word, index) => {
      const [votes = '', callers = ''] = called.slice(2 * index, 2 * index + 2);
      if (word === 'works') this.#scores(votes)?.delete(member);
      this.#add(callers, member, voteMs);
    });
    const news = this.#scores(changes)?.above(Number(cursor)) ?? [];
    const read = news.slice(0, Number(limit)).flatMap(([change, seq]) => [change, String(seq)]);
    const all = wantsOrders === '1' ? [...(this.#keyspace.hashes.get(orders, now)?.values() ?? [])] : [];
    return [String(now), born, read, all];
  }

  vote(keys: readonly string[], args: readonly string[]): unknown {
    const [circuit = '', votes = '', callers = '', , , members = '', index = ''] = keys;
    const [member = '', id = '', , , minVotes, share, , , , , , category = '', again] = args;
    const now = this.#now();
    const given = this.#add(votes, member, voteMs);
    const called = this.#add(callers, member, voteMs);
    this.#add(index, id, changesMs);
    const fields = this.#hash(circuit);
    fields.set('name', args[2] ?? '');
    this.#keyspace.hashes.expire(circuit, now, circuitMs, true);
    const needed = Math.max(Math.min(Number(minVotes), called.size), Math.ceil(Number(share) * called.size));
    const answer = (word: string, change = ''): string[] => [
      word,
      ...[given.size, called.size, needed].map(String),
      change,
      String(now),
    ];
    if (fields.get('state') === 'open') return answer('open', fields.get('change'));
    if (called.size === 1 && again !== '1' && (this.#scores(members)?.size ?? 0) > 1) return answer('alone');
    if (given.size < needed) return answer('counted');
    const ms = backoffMs(0, this.#backoffOf(args.slice(7)));
    fields.set('step', '0');
    const sole = called.size === 1 ? member : '';
    return answer('open', this.#open(keys[0] ?? '', keys.slice(3), args, ms, category, sole));
  }

  lease([circuit = '']: readonly string[], [member = '', token = '', ms]: readonly string[]): unknown {
    const now = this.#now();
    const fields = this.#keyspace.hashes.get(circuit, now);
    if (fields?.get('state') !== 'open') return ['closed', '0', fields?.get('change') ?? ''];
    const earlyMs = Number(fields.get('until')) - now;
    const sole = fields.get('sole') ?? '';
    if (earlyMs > 0 && (sole === '' || sole === member))
      return ['early', String(earlyMs), fields.get('change')];
    const takenMs = Number(fields.get('leaseEnd')) - now;
    const holder = fields.get('holder');
    if (holder !== undefined && holder !== member && takenMs > 0) return ['taken', String(takenMs), ''];
    fields
      .set('holder', member)
      .set('token', token)
      .set('leaseEnd', String(now + Number(ms)));
    this.#keyspace.hashes.expire(circuit, now, Number(ms) + circuitMs, true);
    return ['granted', String(ms), ''];
  }

  settle(keys: readonly string[], args: readonly string[]): unknown {
    const [circuit = '', votes = '', callers = ''] = keys;
    const [member = '', , , , token, outcome] = args;
    const fields = this.#keyspace.hashes.get(circuit, this.#now());
    if (token === undefined || fields?.get('token') !== token) return ['late', ''];
    if (outcome === 'released') {
      withoutLease(fields);
      return ['released', ''];
    }
    this.#add(callers, member, voteMs);
    if (outcome === 'works') {
      this.#keyspace.scores.delete(votes);
      return ['moved', this.#close(circuit, keys.slice(3), args, args[6])];
    }
    this.#add(votes, member, voteMs);
    const step = Number(fields.get('step') ?? 0) + 1;
    fields.set('step', String(step));
    const ms = backoffMs(step, this.#backoffOf(args.slice(7)));
    const sole = fields.get('sole') === member ? member : '';
    return ['moved', this.#open(circuit, keys.slice(3), args, ms, args[11] ?? '', sole)];
  }

  order(keys: readonly string[], args: readonly string[]): unknown {
    const [circuit = '', votes = '', changes = '', meta = '', orders = ''] = keys;
    const [id = '', name = '', channel = '', word = '', ms, known, tool, key] = args;
    const now = this.#now();
    const all = this.#hash(orders);
    const old = all.get(id);
    if (old !== undefined) this.#scores(changes)?.delete(old);
    if (word === 'close') {
      this.#keyspace.scores.delete(votes);
      this.#close(circuit, [changes, meta], ['', id, name, channel], known);
    }
    const until = Number(ms) > 0 ? now + Number(ms) : 0;
    // No two orders for one circuit have the same time.
    const at = old === undefined ? now : Math.max(now, JSON.parse(old).at + 1);
    const change = JSON.stringify({ id, name, tool, key, order: word, at, until });
    this.#announce(change, changes, meta, channel);
    if (word === 'isolate' || word === 'disable') all.set(id, change);
    else all.delete(id);
    return change;
  }

  leave([members = '']: readonly string[], [member = '']: readonly string[]): unknown {
    this.#scores(members)?.delete(member);
    return ['left'];
  }

  survey([members = '', index = '', orders = '']: readonly string[]): unknown {
    const now = this.#now();
    const names = (key: string): string[] => (this.#scores(key)?.above(now) ?? []).map(([name]) => name);
    const all = this.#keyspace.hashes.get(orders, now)?.values() ?? [];
    return [String(now), names(members), names(index), [...all]];
  }

  look(keys: readonly string[]): unknown {
    const now = this.#now();
    const found: unknown[] = [];
    for (let at = 0; at < keys.length; at += 3) {
      const [circuit = '', votes = '', callers = ''] = keys.slice(at, at + 3);
      const fields = this.#keyspace.hashes.get(circuit, now);
      const shown = ['name', 'state', 'epoch', 'until', 'step', 'category', 'holder', 'leaseEnd'];
      const members = (key: string) => this.#scores(key)?.above(now) ?? [];
      found.push([
        ...shown.map((field) => fields?.get(field) ?? ''),
        members(votes).map(([name]) => name),
        String(members(callers).length),
      ]);
    }
    return found;
  }

  #backoffOf([askedMs, min, factor, max]: readonly string[]): Backoff {
    return { askedMs: Number(askedMs), min: Number(min), factor: Number(factor), max: Number(max) };
  }

  #open(
    circuit: string,
    to: readonly string[],
    args: readonly string[],
    ms: number,
    category: string,
    sole: string,
  ): string {
    const now = this.#now();
    const fields = this.#hash(circuit);
    const decision = { state: 'open', ms, goneMs: 4 * ms + circuitMs, category, sole } as const;
    const change = this.#decide(fields, to, args, decision, args[6]);
    fields
      .set('until', String(now + ms))
      .set('category', category)
      .set('sole', sole);
    withoutLease(fields);
    this.#keyspace.hashes.expire(circuit, now, decision.goneMs);
    return change;
  }

  #close(circuit: string, to: readonly string[], args: readonly string[], known: string | undefined): string {
    const fields = this.#hash(circuit);
    const decision = { state: 'closed', ms: 0, goneMs: 0, category: '', sole: '' } as const;
    const change = this.#decide(fields, to, args, decision, known);
    withoutLease(fields);
    for (const field of ['until', 'step', 'category', 'sole']) fields.delete(field);
    this.#keyspace.hashes.expire(circuit, this.#now(), circuitMs);
    return change;
  }

  #decide(
    fields: Fields,
    [changes = '', meta = '']: readonly string[],
    [, id, name = '', channel = '']: readonly string[],
    { state, ms, goneMs, category, sole }: Decision,
    known: string | undefined,
  ): string {
    const now = this.#now();
    const old = fields.get('change');
    if (old !== undefined) this.#scores(changes)?.delete(old);
    const epoch = Math.max(Number(fields.get('epoch') ?? 0) + 1, Number(known ?? 0) + 1, now);
    const verdict = { id, name, state, epoch, at: now, until: now + ms, gone: now + goneMs, category, sole };
    const change = JSON.stringify(verdict);
    fields.set('name', name).set('state', state).set('epoch', String(epoch)).set('change', change);
    this.#announce(change, changes, meta, channel);
    return change;
  }

  #announce(change: string, changes: string, meta: string, channel: string): void {
    const now = this.#now();
    const fields = this.#hash(meta);
    const seq = Math.max(Number(fields.get('seq') ?? 0) + 1, now);
    fields.set('seq', String(seq));
    this.#keyspace.hashes.expire(meta, now, changesMs);
    const all = this.#keyspace.scores.make(changes, now);
    all.add(change, seq);
    all.dropUpTo(now - changesMs);
    this.#keyspace.scores.expire(changes, now, changesMs);
    this.#publish(channel, change);
  }

  #hash(key: string): Fields {
    return this.#keyspace.hashes.make(key, this.#now());
  }

  #scores(key: string): Scores | undefined {
    return this.#keyspace.scores.get(key, this.#now());
  }

  /** Adds a member for so many ms, and drops those whose time is over. */
  #add(key: string, member: string, ms: number): Scores {
    const now = this.#now();
    const scores = this.#keyspace.scores.make(key, now);
    scores.dropUpTo(now);
    scores.add(member, now + ms);
    this.#keyspace.scores.expire(key, now, ms);
    return scores;
  }
}

function withoutLease(fields: Fields): void {
  for (const field of ['holder', 'token', 'leaseEnd']) fields.delete(field);
}

/**
 * Makes a store in the memory of this process: for tests, and for several registries of one process.
 *
 * @example
 * const store = memoryStore();
 * const fleet = joinFleet(registry, { store, namespace: 'agents' });
 */
export function memoryStore({ clock = systemClock }: MemoryStoreOptions = {}): MemoryStore {
  const keyspace = new Keyspace();
  const listeners = new Map<string, Set<(message: string) => void>>();
  const now = (): number => Math.floor(clock.now());
  const scripts: Readonly<
    Record<ScriptName, (keys: readonly string[], args: readonly string[]) => unknown>
  > & { readonly [name: string]: unknown } = new Scripts(keyspace, now, (channel, message) => {
    for (const listener of listeners.get(channel) ?? []) queueMicrotask(() => listener(message));
  }) as never;
  return {
    async eval({ name }: FleetScript, keys, args) {
      keyspace.sweep(now());
      return scripts[name](keys, args);
    },
    async subscribe(channel, onMessage) {
      const ofChannel = listeners.get(channel) ?? new Set();
      listeners.set(channel, ofChannel);
      // A function of its own, so that one listener may come twice.
      const listener = (message: string): void => onMessage(message);
      ofChannel.add(listener);
      return () => void ofChannel.delete(listener);
    },
    flush: () => keyspace.clear(),
  };
}
