/** Holds up whoever is to pass while it is closed. */
export class Barrier {
  #opening: { readonly done: Promise<void>; readonly settle: () => void } | undefined;

  /** Undefined where it is open. */
  get opened(): Promise<void> | undefined {
    return this.#opening?.done;
  }

  close(): void {
    if (this.#opening !== undefined) return;
    let settle = (): void => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#opening = { done, settle };
  }

  open(): void {
    this.#opening?.settle();
    this.#opening = undefined;
  }
}
