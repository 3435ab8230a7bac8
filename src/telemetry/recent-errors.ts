import type { ErrorCategory } from '../../machines/categories.ts';

/** A counted failure. */
export interface RecentError {
  readonly tool: string;
  /** The target or tenant whose circuit it counted against; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  readonly category: ErrorCategory;
  /** The error's message, on one line and shortened; null if only a category was given. */
  readonly message: string | null;
  /** When it was recorded, in ms of the registry's clock. */
  readonly at: number;
}

/** A failure of one tool that occurred more than once. */
export interface ErrorPattern {
  readonly tool: string;
  readonly key: string | null;
  readonly category: ErrorCategory;
  /** The message of its latest occurrence. */
  readonly message: string | null;
  readonly count: number;
  /** When it first and last occurred, in ms of the registry's clock. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** How many recent failures are kept. */
const maxErrors = 100;

/** The parts of a message that vary between occurrences of one failure: numbers, identifiers, quoted names. */
const variable = /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,})\b|\d+|"[^"]*"|'[^']*'/gi;

/** The most recent counted failures of all tools. */
export class RecentErrors {
  readonly #ring: RecentError[] = [];
  #added = 0;

  add(error: RecentError): void {
    this.#ring[this.#added % maxErrors] = error;
    this.#added += 1;
  }

  /** All kept failures, oldest first. */
  list(): RecentError[] {
    const oldest = this.#added % maxErrors;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }

  /** The failures that occurred more than once, most frequent first. */
  patterns(): ErrorPattern[] {
    const patterns = new Map<string, ErrorPattern>();
    for (const { tool, key: target, category, message, at } of this.list()) {
      const key = JSON.stringify([tool, target, category, message?.replace(variable, '#')]);
      const { count = 0, firstAt = at } = patterns.get(key) ?? {};
      patterns.set(key, { tool, key: target, category, message, count: count + 1, firstAt, lastAt: at });
    }
    return [...patterns.values()].filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
  }
}
