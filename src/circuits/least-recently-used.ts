import type { CircuitActor } from './circuit-actor.ts';

/**
 * Finds the closed circuit that was not used for longest. A use costs one number and nothing else: the circuits are
 * sorted when one has to go, and the order serves until all in it are gone or were used again, or
 * another circuit closes.
 */
export class LeastRecentlyUsed {
  #queue: CircuitActor[] = [];
  #sortedAt = 0;

  /** The circuit to forget, or undefined where none is closed. `uses` is the count of uses so far. */
  take(circuits: Iterable<CircuitActor>, uses: number): CircuitActor | undefined {
    return this.#next() ?? this.#sort(circuits, uses).#next();
  }

  /** Other circuits may be forgotten than those that were sorted. */
  sortAgain(): void {
    this.#queue = [];
  }

  #next(): CircuitActor | undefined {
    let circuit = this.#queue.pop();
    while (circuit !== undefined && !(circuit.usedAt <= this.#sortedAt && isForgettable(circuit))) {
      circuit = this.#queue.pop();
    }
    return circuit;
  }

  #sort(circuits: Iterable<CircuitActor>, uses: number): this {
    this.#sortedAt = uses;
    this.#queue = [...circuits].filter(isForgettable).sort((a, b) => b.usedAt - a.usedAt);
    return this;
  }
}

const isForgettable = ({ isForgotten, latest }: CircuitActor): boolean =>
  !isForgotten && latest.value === 'closed';
