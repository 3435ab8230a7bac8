import { isHeld } from '../../machines/fleet-verdict.ts';
import type { VerdictChange } from './change.ts';
import type { FleetParts } from './settings.ts';
import type { SharedCircuit } from './shared-circuit.ts';
import type { SharedCircuits } from './shared-circuits.ts';
import type { SlowStart } from './slow-start.ts';
import { type Verdict, Verdicts } from './verdicts.ts';

/** Carries out here what the fleet has decided: its circuits are sent the verdicts, and the registry's listeners are told. */
export class Rulings {
  readonly #parts: FleetParts;
  readonly #circuits: SharedCircuits;
  readonly #slowStart: SlowStart;
  readonly #verdicts = new Verdicts();
  /** How many circuits were opened and closed for all. */
  readonly counts = { opened: 0, closed: 0 };

  constructor(parts: FleetParts, circuits: SharedCircuits, slowStart: SlowStart) {
    this.#parts = parts;
    this.#circuits = circuits;
    this.#slowStart = slowStart;
  }

  /** How many circuits are open for all. */
  get openCount(): number {
    return this.#verdicts.openCount;
  }

  /** The circuits that are open for all. */
  open(): Iterable<Verdict> {
    return this.#verdicts.open();
  }

  /** Whether a circuit, which may not have started here yet, is open for all. */
  holds(id: string): boolean {
    return this.#verdicts.get(id)?.isOpen === true;
  }

  epochOf(id: string): number | undefined {
    return this.#verdicts.get(id)?.epoch;
  }

  /** Carries out what the store says, if it is new. */
  onChange(change: VerdictChange, serverNow: number): void {
    const before = this.#verdicts.get(change.id);
    const { sole, at } = change;
    // The word of one other member may say no more than that its own network is broken: anybody else may find out at once.
    const isDoubtful = sole !== null && sole !== this.#parts.settings.member;
    const bound = isDoubtful ? { ...change, until: at } : change;
    const verdict = this.#verdicts.learn(bound, serverNow, this.#now());
    if (verdict === undefined) return;
    if (!verdict.isOpen) {
      this.#close(verdict, before?.category ?? null);
      return;
    }
    const { id, name, epoch, until, category } = verdict;
    const shared = this.#circuits.get(id);
    this.counts.opened += 1;
    this.#parts.tell({
      type: 'fleet.opened',
      tool: shared?.circuit.id ?? name,
      epoch,
      leftMs: until - this.#now(),
      lastErrorCategory: category,
    });
    if (shared !== undefined) this.send(shared);
  }

  /** Sends a circuit what is in force for it, if it is open for all. */
  send({ circuit, id }: SharedCircuit): void {
    const verdict = this.#verdicts.get(id);
    if (!verdict?.isOpen) return;
    const { epoch, until, category } = verdict;
    const now = this.#now();
    const leftMs = Math.max(0, until - now);
    const answerMs = this.#parts.settings.deadlineMs;
    circuit.send({ type: 'FLEET_OPENED', epoch, leftMs, answerMs, category, at: now });
  }

  /** The store says that a circuit is not open for all, whatever was known of it. */
  endOf(id: string): void {
    const known = this.#verdicts.get(id);
    if (known?.isOpen) this.#end(known);
  }

  /** Ends what is over because nobody has asked about it for long. */
  endOver(): void {
    for (const verdict of this.#verdicts.ended(this.#now())) this.#end(verdict);
  }

  /** Ends what a store that has lost its data has forgotten. Others may have voted anew already: later verdicts stay. */
  endBefore(bornAt: number): void {
    for (const verdict of [...this.#verdicts.open()]) if (!(verdict.epoch >= bornAt)) this.#end(verdict);
  }

  /** The store is gone: verdicts hold until their time is over; then local rules do, in each process a random while later. */
  fallBack(): void {
    for (const { circuit } of this.#circuits) {
      const { fleet, currentBackoffMs, config } = circuit.latest.context;
      if (!isHeld(fleet)) continue;
      const waitMs = Math.min(Math.max(currentBackoffMs, config.minBackoffMs), config.maxBackoffMs);
      const extraMs = this.#parts.registry.chance() * waitMs;
      circuit.send({ type: 'FLEET_LOST', extraMs, at: this.#now() });
    }
    this.#verdicts.lose(this.#now());
  }

  #end(verdict: Verdict): void {
    this.#verdicts.end(verdict, this.#now());
    this.#close(verdict, verdict.category);
  }

  #close({ id, name, epoch }: Verdict, category: Verdict['category']): void {
    const shared = this.#circuits.get(id);
    this.counts.closed += 1;
    this.#parts.tell({ type: 'fleet.closed', tool: shared?.circuit.id ?? name, epoch });
    if (shared === undefined) return;
    const { circuit } = shared;
    const wasOpen = circuit.latest.value === 'open';
    shared.hasVoted = false;
    circuit.send({ type: 'FLEET_CLOSED', epoch, at: this.#now() });
    if (wasOpen && circuit.latest.value === 'closed') this.#slowStart.begin(circuit.id, category);
  }

  #now(): number {
    return this.#parts.registry.clock.now();
  }
}
