import { contextWith, type ToolCircuitEvent } from '../../machines/circuit-context.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import type { OwnStrategy } from '../../machines/trip-strategy.ts';
import { setSnapshot, snapshotWith } from '../../machines/xstate-internals.ts';
import { circuitChart } from './charts.ts';
import type { CircuitActor } from './circuit-actor.ts';

/**
 * Results that nobody hears of. Where nobody observes a circuit, an event that only changes what it knows needs no event: the
 * snapshot is replaced, and one that nobody has seen is changed in place.
 */
export class UntoldMemory {
  /** Whether nobody has seen the context. */
  #isContextOurs = false;
  /** Whether nobody has seen what the trip strategy remembers. */
  #isTripMemoryOurs = false;

  /** The snapshot is shown to somebody, or processed. */
  reveal(): void {
    this.#isContextOurs = false;
    this.#isTripMemoryOurs = false;
  }

  /** Adds a success in place, where the trip strategy can. */
  addSuccess(
    { context }: ToolCircuitSnapshot,
    trip: OwnStrategy,
    at: number,
    durationMs: number | null,
  ): boolean {
    return this.#isTripMemoryOurs && trip.addSuccess?.(context.tripMemory, at, durationMs) === true;
  }

  /** @returns the actor's snapshot after the event; undefined where it has to be processed as one. */
  add(
    actor: CircuitActor,
    snapshot: ToolCircuitSnapshot,
    event: ToolCircuitEvent & { readonly at: number },
  ): ToolCircuitSnapshot | undefined {
    const change = circuitChart.change(snapshot, event, event.at);
    if (change === null) return snapshot;
    if (change === undefined) return undefined;
    if ('tripMemory' in change) this.#isTripMemoryOurs = true;
    if (this.#isContextOurs) {
      Object.assign(snapshot.context, change);
      return snapshot;
    }
    this.#isContextOurs = true;
    const next = snapshotWith(snapshot, contextWith(snapshot.context, change));
    setSnapshot(actor, next);
    return next;
  }
}
