import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  aFunction,
  share as aShare,
  checkFields,
  positiveInteger,
  positiveMs,
  type Rule,
  type Rules,
} from '../../machines/rule.ts';
import { partsOf, type ToolRegistry } from '../registry/registry.ts';
import { Member } from './member.ts';
import type { FleetStatus } from './status.ts';
import type { FleetStore } from './store.ts';

/** Options of `joinFleet`. */
export interface FleetOptions {
  /** Where the members meet: `fromIoredis(client)` and its like, or `memoryStore()`. */
  readonly store: FleetStore;
  /** The name of the fleet. Members share circuits with those of the same namespace in the same store only. */
  readonly namespace: string;
  /** The name of this process in the fleet, which no other member may have. Default: host, process and a random number. */
  readonly member?: string;
  /** How many members must have tripped before a circuit opens for all; fewer, if fewer call the tool. Default 2. */
  readonly minVotes?: number;
  /** What share of the members that call the tool must have tripped as well, above 0 and at most 1. Default 0.5. */
  readonly share?: number;
  /** How long a call of `execute` waits for the lease of a probe at most, in ms. Nothing else ever waits. Default 100. */
  readonly deadlineMs?: number;
  /** How often changes are read from the store, in ms. Default 1 000. */
  readonly pollMs?: number;
  /** Which circuits are shared: their names, or a function that tells. Default: all. */
  readonly tools?: readonly string[] | ((tool: string) => boolean);
}

/** A membership in a fleet. */
export interface Fleet {
  /** The membership as it is now, from memory. */
  status(): FleetStatus;
  /**
   * Leaves the fleet. From now on local rules hold here, and nothing of this process is told to others. It resolves as soon as
   * the store has been told, or after `deadlineMs`, and never rejects. The store's client stays open.
   */
  leave(): Promise<void>;
}

const aStore: Rule = [
  'a store: an object with the function eval, such as fromIoredis(client) or memoryStore()',
  (value) => typeof (value as Partial<FleetStore> | null)?.eval === 'function',
];
const aNamespace: Rule = [
  'a name of 1 to 100 characters without { and }',
  (value) => typeof value === 'string' && /^[^{}]{1,100}$/.test(value),
];
const aMember: Rule = [
  'a name of 1 to 200 characters',
  (value) => typeof value === 'string' && value.length > 0 && value.length <= 200,
];
const toolsToShare: Rule = [
  'a list of tool names, or a function',
  (value) => aFunction[1](value) || (Array.isArray(value) && value.every((name) => typeof name === 'string')),
];

const rules: Rules<keyof FleetOptions> = {
  store: aStore,
  namespace: aNamespace,
  member: aMember,
  minVotes: positiveInteger,
  share: aShare,
  deadlineMs: positiveMs,
  pollMs: positiveMs,
  tools: toolsToShare,
};

/** Asks the user's function; what it throws is printed, and the tool is not shared then. */
function sharing(tools: FleetOptions['tools']): (tool: string) => boolean {
  if (tools === undefined) return () => true;
  if (typeof tools !== 'function') {
    const names = new Set(tools);
    return (tool) => names.has(tool);
  }
  return (tool) => {
    try {
      return tools(tool) === true;
    } catch (fault) {
      console.error('toolfuse: tools threw', fault);
      return false;
    }
  };
}

/**
 * Joins a registry to a fleet: processes, here or on other machines, that share what they know of their tools. A circuit that
 * has tripped in enough of them opens in all, one of them at a time probes it, and a probe that succeeds closes it for all.
 *
 * No call ever waits for the store, except a call of `execute` that wants to make the probe, for `deadlineMs` at most. No error of
 * the store reaches a call. If the store is gone, each process goes by its own circuits until it is back.
 *
 * @example
 * const store = fromIoredis(new Redis('redis://localhost:6379'));
 * const fleet = joinFleet(registry, { store, namespace: 'agents' });
 * registry.on('fleet.opened', ({ tool }) => console.warn(`${tool} is down for all of us`));
 *
 * @throws TypeError for an unknown option or what is no registry, RangeError for an invalid value, Error for a registry that has
 * joined a fleet already or has stopped.
 */
export function joinFleet(registry: ToolRegistry, options: FleetOptions): Fleet {
  const checked = checkFields<FleetOptions>(options, rules, 'options');
  const { store, namespace } = checked;
  if (store === undefined) throw new RangeError(`options.store must be ${aStore[0]}, got undefined`);
  if (namespace === undefined) {
    throw new RangeError(`options.namespace must be ${aNamespace[0]}, got undefined`);
  }
  const parts = partsOf(registry);
  if (parts.circuits.isStopped) throw new Error('the registry has stopped, and cannot join a fleet');
  if (parts.seat.membership !== undefined) throw new Error('the registry has joined a fleet already');
  const member = new Member(parts, store, {
    namespace,
    member: checked.member ?? `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
    minVotes: checked.minVotes ?? 2,
    share: checked.share ?? 0.5,
    deadlineMs: checked.deadlineMs ?? 100,
    pollMs: checked.pollMs ?? 1_000,
    isShared: sharing(checked.tools),
  });
  return { status: () => member.status(), leave: () => member.leave() };
}
