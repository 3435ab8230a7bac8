/** How much of a value is read, in characters and parts. A larger one has no fingerprint. */
const maxSize = 1_000_000;

/** What cannot be compared by what it holds. */
class NotComparable extends Error {}

/** Two 32-bit hashes of text, added to piece by piece. */
class Hash {
  #one: number;
  #two: number;
  #size = 0;

  constructor(salt: number) {
    this.#one = 0xdeadbeef ^ salt;
    this.#two = 0x41c6ce57 ^ salt;
  }

  add(text: string): void {
    this.#size += text.length + 1;
    if (this.#size > maxSize) throw new NotComparable();
    let one = this.#one;
    let two = this.#two;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      one = Math.imul(one ^ code, 2_654_435_761);
      two = Math.imul(two ^ code, 1_597_334_677);
    }
    // The end of each piece is marked, so that other pieces with the same letters differ.
    this.#one = Math.imul(one ^ 0x1_0000, 2_654_435_761);
    this.#two = Math.imul(two ^ 0x1_0000, 1_597_334_677);
  }

  get text(): string {
    const mix = (value: number): string => {
      const mixed = Math.imul(value ^ (value >>> 16), 2_246_822_507);
      return ((mixed ^ (mixed >>> 13)) >>> 0).toString(36);
    };
    return `${mix(this.#one)}.${mix(this.#two)}`;
  }
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

function addTo(hash: Hash, value: unknown, inside: readonly object[]): void {
  if (typeof value === 'string') {
    hash.add('"');
    hash.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw new NotComparable();
    hash.add(`${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`);
    return;
  }
  if (inside.includes(value)) throw new NotComparable();
  const deeper = [...inside, value];
  if (Array.isArray(value)) {
    hash.add(`[${value.length}`);
    for (const item of value) addTo(hash, item, deeper);
  } else if (value instanceof Date) hash.add(`date ${value.getTime()}`);
  else if (isPlain(value)) {
    const names = Object.keys(value).sort();
    hash.add(`{${names.length}`);
    for (const name of names) {
      hash.add(name);
      addTo(hash, (value as Record<string, unknown>)[name], deeper);
    }
  } else throw new NotComparable();
}

/** Differs from process to process, so that nobody who sees a fingerprint can find out what it stands for by trying. */
const saltOfProcess = Math.floor(Math.random() * 2 ** 32);

/**
 * A short text that is equal for equal values, whatever the order of their fields. It is all that is kept of inputs and results.
 *
 * @returns Null for what cannot be compared by what it holds: functions, class instances such as a `Response`, circles, what is very
 * large or cannot be read.
 */
export function fingerprint(value: unknown, salt = saltOfProcess): string | null {
  const hash = new Hash(salt);
  try {
    addTo(hash, value, []);
    return hash.text;
  } catch {
    return null;
  }
}
