import { randomUUID } from 'node:crypto';
import { backoffLeftMs } from '../../machines/circuit-context.ts';
import { isHeld } from '../../machines/fleet-verdict.ts';
import type { Circuit } from '../circuits/circuit.ts';
import { type Change, readChange } from './change.ts';
import { numeral } from './numeral.ts';
import { lease } from './scripts/index.ts';
import type { FleetParts } from './settings.ts';
import type { SharedCircuit } from './shared-circuit.ts';
import { within } from './within.ts';
import type { Words } from './words.ts';

/** How long a lease may lie idle before it is given back, in ms: a caller was told to come back, and has not. */
const idleMs = 1_000;

/** What happens with the leases of a member. */
export interface LeasesOptions {
  readonly words: Words;
  /** The store knows the circuit as closed, by this change if it has one. */
  readonly onClosed: (shared: SharedCircuit, change: Change | undefined) => void;
  /** The store knows a verdict that may be new here, at an instant of its own clock. */
  readonly onChange: (change: Change | undefined, serverNow?: number) => void;
}

/** Asks for the leases by which this process may probe what its fleet holds open, and gives them back. */
export class Leases {
  readonly #parts: FleetParts;
  readonly #options: LeasesOptions;
  #asked = 0;
  #granted = 0;

  constructor(parts: FleetParts, options: LeasesOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get asked(): number {
    return this.#asked;
  }

  get granted(): number {
    return this.#granted;
  }

  /** The answer that a call of a circuit has to wait for; undefined unless a probe is due. */
  due(shared: SharedCircuit): Promise<void> | undefined {
    if (shared.asking !== undefined) return shared.asking;
    const { value, context } = shared.circuit.latest;
    if (value !== 'open' || !isHeld(context.fleet)) return undefined;
    return backoffLeftMs(context, this.#now()) > 0 ? undefined : this.ask(shared);
  }

  /** @returns A promise that resolves when the store has answered, or after the deadline. */
  ask(shared: SharedCircuit): Promise<void> {
    if (shared.asking !== undefined) return shared.asking;
    const { keys, line, registry, settings } = this.#parts;
    const { circuit } = shared;
    const askedAt = this.#now();
    const token = randomUUID();
    const args = [settings.member, token, numeral(circuit.latest.context.config.probeTimeoutMs)];
    this.#asked += 1;
    const answer = line.ask(lease, [keys.of(shared.id).circuit], args, (reply) =>
      this.#onReply(shared, token, askedAt, reply as string[]),
    );
    // A caller awaits it.
    const asking = within(registry.clock, settings.deadlineMs, answer, true).then(() => {});
    shared.asking = asking;
    void answer.then(() => {
      shared.asking = undefined;
    });
    // Only now, because the circuit tells of its wish, which would be one more question.
    circuit.send({ type: 'LEASE_ASKED', at: askedAt });
    return asking;
  }

  /** The probe has ended, or the lease goes back unused. */
  settle(shared: SharedCircuit, outcome: 'works' | 'fails' | 'released'): void {
    const { lease: held } = shared;
    if (held === undefined) return;
    shared.lease = undefined;
    this.#options.words.say(shared, { says: 'settled', token: held.token, outcome });
  }

  /** A circuit has closed here. Only a call that succeeded shows that the tool works: an operator may have closed it by hand. */
  settleClosed(shared: SharedCircuit): void {
    const works = successesOf(shared.circuit) > (shared.lease?.successes ?? Infinity);
    this.settle(shared, works ? 'works' : 'released');
  }

  /** Gives back a lease that has run out or lies idle, and asks for one that the tool's own probe needs. */
  lookAfter(shared: SharedCircuit): void {
    const now = this.#now();
    const { circuit, lease: held } = shared;
    const { value, context } = circuit.latest;
    const { fleet } = context;
    if (held === undefined) {
      const hasProbe = this.#parts.registry.settings.get(circuit.id)?.probe !== undefined;
      if (hasProbe) void this.due(shared);
    } else if (value !== 'halfOpen' || fleet?.lease !== 'held') this.settle(shared, 'released');
    else if (fleet.until <= now) this.#end(shared);
    else if (context.probesInFlight > 0) held.idleSince = null;
    else if (held.idleSince === null) held.idleSince = now;
    else if (now - held.idleSince >= idleMs) this.#end(shared);
  }

  #end(shared: SharedCircuit): void {
    this.settle(shared, 'released');
    shared.circuit.send({ type: 'LEASE_ENDED', at: this.#now() });
  }

  #onReply(shared: SharedCircuit, token: string, askedAt: number, reply: string[]): void {
    const [word, ms, text] = reply;
    const { circuit } = shared;
    const now = this.#now();
    const leftMs = Number(ms);
    const granted = word === 'granted';
    this.#parts.tell({ type: 'fleet.leased', tool: circuit.id, granted, waitedMs: now - askedAt });
    if (granted) this.#onGranted(shared, token, askedAt + leftMs - now);
    else if (word === 'closed') this.#options.onClosed(shared, readChange(text));
    else {
      const change = readChange(text);
      if (change !== undefined) this.#options.onChange(change, change.until - leftMs);
      // Another process probes: it is worth coming back when a call of this tool has usually ended.
      const waitMs = word === 'taken' ? Math.min(leftMs, usualMs(circuit)) : leftMs;
      circuit.send({ type: 'LEASE_REFUSED', leftMs: Math.max(1, waitMs), at: now });
    }
  }

  /** @param endsInMs Counted from the question on, so that the lease ends here before it ends in the store. */
  #onGranted(shared: SharedCircuit, token: string, endsInMs: number): void {
    this.#granted += 1;
    const { circuit } = shared;
    const { value, context } = circuit.latest;
    const now = this.#now();
    shared.lease = { token, successes: successesOf(circuit), idleSince: now };
    const isWanted = value === 'open' && isHeld(context.fleet) && endsInMs > 0;
    if (isWanted) circuit.send({ type: 'LEASE_GRANTED', leftMs: endsInMs, at: now });
    else this.settle(shared, 'released');
  }

  #now(): number {
    return this.#parts.registry.clock.now();
  }
}

/** How long a call of a tool usually takes, in ms: what 95 % of its calls stay within, or else its first backoff. */
function usualMs({ statsIfAny, latest }: Circuit): number {
  return statsIfAny?.latency()?.p95Ms ?? latest.context.config.minBackoffMs;
}

const successesOf = ({ statsIfAny }: Circuit): number => statsIfAny?.successes ?? 0;
