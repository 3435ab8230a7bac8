import type { ErrorCategory } from '../../machines/categories.ts';
import type { Denial, DenialKind, DenialReason } from './denial.ts';
import { type ModelAnswer, toModel } from './denial-words.ts';

/**
 * Thrown by `execute` for a call that was refused. Its message is written for a model to read; `toModel()` gives it with
 * the same as data. It has no stack: a refusal is an answer, not a fault, and there may be many.
 */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly denial: Denial;

  constructor(denial: Denial) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(toModel(denial).text);
    Error.stackTraceLimit = stackTraceLimit;
    this.denial = denial;
  }

  get tool(): string {
    return this.denial.tool;
  }

  get reason(): DenialReason {
    return this.denial.reason;
  }

  get kind(): DenialKind {
    return this.denial.kind;
  }

  /** When to come back, in ms from when the call was refused; null where nobody can say. */
  get retryAfterMs(): number | null {
    return this.denial.retryAfterMs;
  }

  /** The same as a time of day, in ms since 1970. */
  get retryAt(): number | null {
    return this.denial.retryAt;
  }

  get lastErrorCategory(): ErrorCategory | null {
    return this.denial.lastErrorCategory;
  }

  /** What to give the model for its tool call: a paragraph, and the same as data. */
  toModel(): ModelAnswer {
    return toModel(this.denial);
  }
}
