import type { ErrorCategory } from '../../machines/categories.ts';

/** A failure that counted. */
export interface RecentError {
  readonly tool: string;
  readonly category: ErrorCategory;
  /** What the error said, on one line and cut; null where only a category was given. */
  readonly message: string | null;
  /** When, in ms of the registry's clock. */
  readonly at: number;
}

/** The same failure of one tool, again and again. */
export interface ErrorPattern {
  readonly tool: string;
  readonly category: ErrorCategory;
  /** The message of the last one. */
  readonly message: string | null;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** How many are kept. */
const kept = 100;

/** What differs from one failure to the next although it is the same one: numbers, identifiers, quoted names. */
const variable = /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,})\b|\d+|"[^"]*"|'[^']*'/gi;

/** The last failures that counted, of all tools. */
export class RecentErrors {
  readonly #ring: RecentError[] = [];
  #added = 0;

  add(error: RecentError): void {
    this.#ring[this.#added % kept] = error;
    this.#added += 1;
  }

  /** The oldest first. */
  list(): RecentError[] {
    const start = this.#added % kept;
    return this.#added <= kept
      ? [...this.#ring]
      : [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
  }

  /** Those that came more than once, the most frequent first. */
  patterns(): ErrorPattern[] {
    const patterns = new Map<string, ErrorPattern>();
    for (const { tool, category, message, at } of this.list()) {
      const key = JSON.stringify([tool, category, message?.replace(variable, '#')]);
      const { count = 0, firstAt = at } = patterns.get(key) ?? {};
      patterns.set(key, { tool, category, message, count: count + 1, firstAt, lastAt: at });
    }
    return [...patterns.values()].filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
  }
}
