/** What is kept in a ring: it costs so much, and is known by its number. */
interface Numbered {
  readonly seq: number;
  /** In bytes, as far as they are known. */
  bytes: number;
}

/** The last items, by number: bounded in how many they are and in what they cost. */
export class Ring<Item extends Numbered> {
  readonly #capacity: number;
  readonly #maxBytes: number;
  readonly #slots: (Item | undefined)[];
  #first = 1;
  #next = 1;
  #bytes = 0;

  constructor(capacity: number, maxBytes: number) {
    this.#capacity = capacity;
    this.#maxBytes = maxBytes;
    this.#slots = new Array(capacity);
  }

  /** The number of the oldest item that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next item has to have. */
  get next(): number {
    return this.#next;
  }

  push(item: Item): void {
    if (this.#next - this.#first === this.#capacity) this.#drop();
    this.#slots[this.#next % this.#capacity] = item;
    this.#next += 1;
    this.#count(item.bytes);
  }

  /** An item has become so much larger. */
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
    this.#bytes -= this.#slots[index]?.bytes ?? 0;
    this.#slots[index] = undefined;
    this.#first += 1;
  }
}
