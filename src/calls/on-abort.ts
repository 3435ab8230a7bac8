/** All functions that wait for one signal; they share one listener. */
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
    // A called function may remove others, which then must not be called.
    for (const fn of this.#functions) fn();
  };
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls a function when a signal is aborted. All functions that wait for a signal share one listener, which is removed with the
 * last of them, because Node warns of a leak if a signal has more than ten.
 *
 * @param fn Must be a new function each time, because the same one is called only once.
 * @returns A function that removes `fn`.
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

/** Why a signal was aborted. Polyfills of older platforms do not say it. */
export const reasonOf = ({ reason }: AbortSignal): unknown =>
  reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
