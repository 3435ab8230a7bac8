import type { ErrorCategory } from '../../machines/categories.ts';
import type { Denial, DenialKind, DenialReason } from './denial.ts';
import { type ModelAnswer, textOf, toModel } from './denial-words.ts';

/**
 * The error with which `execute` rejects when a call is refused. The function was not called. The message is written for a
 * model to read; `toModel()` returns it together with the same facts as data. The error has no stack, because refusals are
 * expected and may be frequent.
 *
 * @example
 * try {
 *   return await registry.execute('search', () => search(query));
 * } catch (error) {
 *   if (error instanceof CircuitOpenError) return error.toModel().text;
 *   throw error;
 * }
 */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = 'ERR_CIRCUIT_OPEN';
  /** The HTTP status for a server that answers with this error: Service Unavailable. */
  readonly status = 503;
  readonly denial: Denial;

  constructor(denial: Denial) {
    const text = textOf(denial);
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(text);
    Error.stackTraceLimit = stackTraceLimit;
    this.denial = denial;
  }

  /** The HTTP headers for that answer: `retry-after` in whole seconds, if it is known. */
  get headers(): Readonly<Record<string, string>> {
    const { retryAfterMs } = this.denial;
    return retryAfterMs === null ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  }

  get tool(): string {
    return this.denial.tool;
  }

  /** The target or tenant whose circuit the call needed; null for the circuit of all calls of the tool. */
  get key(): string | null {
    return this.denial.key;
  }

  /** The state that refused the call, not the cause; the cause is `kind`. */
  get reason(): DenialReason {
    return this.denial.reason;
  }

  /** What is wrong with the tool or its upstream. */
  get kind(): DenialKind {
    return this.denial.kind;
  }

  /** How long to wait before the next attempt, in ms from the refusal; null if that is unknown, as for an isolated tool. */
  get retryAfterMs(): number | null {
    return this.denial.retryAfterMs;
  }

  /** The wall-clock time of the next attempt, in ms since 1970; null if unknown. */
  get retryAt(): number | null {
    return this.denial.retryAt;
  }

  /** The category of the last counted failure; null if there was none. */
  get lastErrorCategory(): ErrorCategory | null {
    return this.denial.lastErrorCategory;
  }

  /** The answer to give the model for its tool call: a paragraph, and the same facts as data. */
  toModel(): ModelAnswer {
    return toModel(this.denial);
  }
}
