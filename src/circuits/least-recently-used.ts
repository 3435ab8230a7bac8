import type { Circuit } from './circuit.ts';

/**
 * Finds the least recently used closed circuit. A use costs one assignment. The circuits are sorted only when one must be
 * forgotten, and the order serves until all circuits in it are gone or used again, or another circuit closes.
 */
export class LeastRecentlyUsed {
  #queue: Circuit[] = [];
  #sortedAt = 0;

  /** The circuit to forget; undefined if none is closed. `uses` is the count of uses so far. */
  take(circuits: Iterable<Circuit>, uses: number): Circuit | undefined {
    return this.#next() ?? this.#sort(circuits, uses).#next();
  }

  /** Discards the order, because the set of circuits that may be forgotten has changed. */
  sortAgain(): void {
    this.#queue = [];
  }

  #next(): Circuit | undefined {
    let circuit = this.#queue.pop();
    while (circuit !== undefined && !(circuit.usedAt <= this.#sortedAt && isForgettable(circuit))) {
      circuit = this.#queue.pop();
    }
    return circuit;
  }

  #sort(circuits: Iterable<Circuit>, uses: number): this {
    this.#sortedAt = uses;
    this.#queue = [...circuits].filter(isForgettable).sort((a, b) => b.usedAt - a.usedAt);
    return this;
  }
}

const isForgettable = ({ isForgotten, latest }: Circuit): boolean =>
  !isForgotten && latest.value === 'closed';
