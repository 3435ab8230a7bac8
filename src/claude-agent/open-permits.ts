import type { Permit } from 'toolfuse';

/** How many calls may be under way at a time; beyond it the oldest permit is released. */
const maxOpen = 1_000;

/**
 * The permits of the calls under way, by the id of the call. The SDK may never say how a call ended, so they are bounded: a tool
 * of which it never does never trips, and takes no memory.
 */
export class OpenPermits {
  readonly #permits = new Map<string, Permit>();

  add(id: string, permit: Permit): void {
    // The same call may be announced twice, as after a change of its input.
    this.take(id)?.release();
    this.#permits.set(id, permit);
    if (this.#permits.size <= maxOpen) return;
    for (const [oldest] of this.#permits) {
      this.take(oldest)?.release();
      return;
    }
  }

  /** Removes the permit of a call, to report on it how the call ended. */
  take(id: string): Permit | undefined {
    const permit = this.#permits.get(id);
    this.#permits.delete(id);
    return permit;
  }
}
