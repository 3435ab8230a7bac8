/** What one app may hold, and all of them together, in bytes. */
const maxPerApp = 16 * 2 ** 20;
const maxInAll = 64 * 2 ** 20;

/** One who holds memory. */
interface Holder {
  /** It holds more than it may, or the most of all while they hold too much together. */
  onTooMuch(why: string): void;
}

/** What apps hold in memory, so that none can fill that of the process which shows them. */
export class MemoryBudget {
  readonly #held = new Map<Holder, number>();
  #inAll = 0;

  /** A holder holds more, or less. */
  change(holder: Holder, bytes: number): void {
    const held = (this.#held.get(holder) ?? 0) + bytes;
    this.#held.set(holder, held);
    this.#inAll += bytes;
    if (held > maxPerApp) holder.onTooMuch(`more than ${maxPerApp} bytes in memory`);
    else if (this.#inAll > maxInAll) this.#greatest()?.onTooMuch('too much in memory, with all other apps');
  }

  /** A holder holds nothing any more. */
  release(holder: Holder): void {
    this.#inAll -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  #greatest(): Holder | undefined {
    let greatest: Holder | undefined;
    let most = -1;
    for (const [holder, held] of this.#held) {
      if (held <= most) continue;
      greatest = holder;
      most = held;
    }
    return greatest;
  }
}
