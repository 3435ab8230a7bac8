/** An item of a ring, with its number and size. */
interface Numbered {
  readonly seq: number;
  /** Its size in bytes, as far as known. */
  bytes: number;
}

/** The last items, by number; both their count and their total size are bounded. */
export class Ring<Item extends Numbered> {
  readonly #capacity: number;
  readonly #maxBytes: number;
  readonly #slots: (Item | undefined)[];
  readonly #onDrop: ((item: Item) => void) | undefined;
  #first = 1;
  #next = 1;
  #bytes = 0;

  /** @param onDrop Called for each item that is no longer kept. */
  constructor(capacity: number, maxBytes: number, onDrop?: (item: Item) => void) {
    this.#onDrop = onDrop;
    this.#capacity = capacity;
    this.#maxBytes = maxBytes;
    this.#slots = new Array(capacity);
  }

  /** The number of the oldest kept item. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next item must have. */
  get next(): number {
    return this.#next;
  }

  push(item: Item): void {
    if (this.#next - this.#first === this.#capacity) this.#drop();
    this.#slots[this.#next % this.#capacity] = item;
    this.#next += 1;
    this.#count(item.bytes);
  }

  /** Records that an item has grown by a number of bytes. */
  grow(item: Item, bytes: number): void {
    if (bytes === 0 || item.seq < this.#first) return;
    item.bytes += bytes;
    this.#count(bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#first < this.#next) this.#drop();
  }

  get(seq: number): Item | undefined {
    return seq >= this.#first && seq < this.#next ? this.#slots[seq % this.#capacity] : undefined;
  }

  #drop(): void {
    const index = this.#first % this.#capacity;
    const item = this.#slots[index];
    this.#bytes -= item?.bytes ?? 0;
    this.#slots[index] = undefined;
    this.#first += 1;
    if (item !== undefined) this.#onDrop?.(item);
  }
}
