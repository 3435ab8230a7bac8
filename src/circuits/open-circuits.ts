import { type CircuitState, countsAsOpen, stateOf } from '../../machines/circuit-state.ts';
import type { Circuit } from './circuit.ts';

const isTripped = (state: CircuitState): boolean => state === 'open' || state === 'halfOpen';

/** Which circuits are open or isolated, how many are tripped, and how long each has been open. */
export class OpenCircuits {
  readonly #now: () => number;
  /**
   * The first open circuit and the last. Each knows its neighbours in the order in which they opened, and this is the neighbour of
   * both ends: a set would make every trip dearer.
   */
  nextOpen: Circuit | undefined;
  previousOpen: Circuit | undefined;
  #size = 0;
  /** How many circuits with a key are open or isolated, by tool. */
  readonly #keys = new Map<string, number>();
  /** How many circuits with a key are open or isolated. */
  #withKey = 0;
  #tripped = 0;

  /** @param now The time of a monotonic clock, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many circuits are open or half-open. */
  get tripped(): number {
    return this.#tripped;
  }

  get size(): number {
    return this.#size;
  }

  /** In the order in which they opened. */
  *[Symbol.iterator](): Generator<Circuit> {
    for (let circuit = this.nextOpen; circuit !== undefined; circuit = circuit.nextOpen) yield circuit;
  }

  /** How many tools have an open or isolated circuit. @param ofTool Gives the circuit of a tool that has no key. */
  countTools(ofTool: (tool: string) => Circuit | undefined): number {
    let tools = this.#size - this.#withKey;
    for (const tool of this.#keys.keys()) {
      const circuit = ofTool(tool);
      if (circuit === undefined || !countsAsOpen(circuit.countedAs)) tools += 1;
    }
    return tools;
  }

  /** Counts a circuit by the state that it is in now. @returns that state, or undefined if it was counted so before. */
  count(circuit: Circuit): CircuitState | undefined {
    const state = stateOf(circuit.latest);
    const before = circuit.countedAs;
    if (state === before || circuit.isForgotten) return undefined;
    circuit.countedAs = state;
    this.#tripped += (isTripped(state) ? 1 : 0) - (isTripped(before) ? 1 : 0);
    if (countsAsOpen(state)) {
      if (!countsAsOpen(before)) this.#add(circuit);
      circuit.openSince ??= this.#now();
    } else {
      if (countsAsOpen(before)) this.#remove(circuit);
      circuit.openMs = this.openMs(circuit);
      circuit.openSince = null;
    }
    return state;
  }

  forget(circuit: Circuit): void {
    const { countedAs } = circuit;
    if (countsAsOpen(countedAs)) this.#remove(circuit);
    if (isTripped(countedAs)) this.#tripped -= 1;
    circuit.countedAs = 'closed';
  }

  /** How long a circuit has been open or isolated in total, in ms. */
  openMs({ openMs, openSince }: Circuit): number {
    return openSince === null ? openMs : openMs + this.#now() - openSince;
  }

  #add(circuit: Circuit): void {
    this.#tally(circuit, 1);
    circuit.previousOpen = this.previousOpen;
    (this.previousOpen ?? this).nextOpen = circuit;
    this.previousOpen = circuit;
  }

  #remove(circuit: Circuit): void {
    const { previousOpen: previous, nextOpen: next } = circuit;
    this.#tally(circuit, -1);
    (previous ?? this).nextOpen = next;
    (next ?? this).previousOpen = previous;
    circuit.previousOpen = undefined;
    circuit.nextOpen = undefined;
  }

  #tally({ tool, key }: Circuit, step: 1 | -1): void {
    this.#size += step;
    if (key === null) return;
    const count = (this.#keys.get(tool) ?? 0) + step;
    if (count === 0) this.#keys.delete(tool);
    else this.#keys.set(tool, count);
    this.#withKey += step;
  }
}
