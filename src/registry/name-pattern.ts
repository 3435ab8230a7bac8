/** A name of tools in which each `*` stands for any characters, also for none. */
export class NamePattern {
  readonly text: string;
  readonly #first: string;
  readonly #middle: readonly string[];
  readonly #last: string;

  constructor(text: string) {
    this.text = text;
    const [first = '', ...others] = text.split('*');
    this.#first = first;
    this.#last = others.pop() ?? '';
    this.#middle = others;
  }

  static readonly isOne = (name: string): boolean => name.includes('*');

  /** How many characters are not left open: the more, the more specific. */
  get weight(): number {
    return this.text.replaceAll('*', '').length;
  }

  /** In linear time, whatever the name: names come from models. */
  matches(name: string): boolean {
    const end = name.length - this.#last.length;
    if (!name.startsWith(this.#first) || !name.endsWith(this.#last)) return false;
    let at = this.#first.length;
    for (const part of this.#middle) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  }
}
