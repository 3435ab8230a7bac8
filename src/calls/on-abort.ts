/** The functions that wait for one signal, behind one listener. */
class Waiting {
  readonly #signal: AbortSignal;
  readonly #functions = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  add(fn: () => void): void {
    this.#functions.add(fn);
  }

  remove(fn: () => void): void {
    if (!this.#functions.delete(fn) || this.#functions.size > 0) return;
    waiting.delete(this.#signal);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    // What is called may take others away, and those are not called any more.
    for (const fn of this.#functions) fn();
  };
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls a function when a signal is aborted. However many functions wait for a signal, it has one listener, and none once the
 * last of them was taken away: Node warns of a leak where a signal has more than ten.
 *
 * @param fn A function of its own for each call: the same one is called once.
 * @returns What takes the function away again.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  let functions = waiting.get(signal);
  if (functions === undefined) {
    functions = new Waiting(signal);
    waiting.set(signal, functions);
  }
  const added = functions;
  added.add(fn);
  return () => added.remove(fn);
}
