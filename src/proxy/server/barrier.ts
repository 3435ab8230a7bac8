/** While it is closed, everybody who awaits `opened` has to wait. */
export class Barrier {
  #opening: { readonly done: Promise<void>; readonly settle: () => void } | undefined;

  /** Resolves when it opens; undefined while it is open. */
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
