import type { ErrorCategory } from '../../../machines/categories.ts';
import type { RecentError } from '../../telemetry/recent-errors.ts';
import type { Denial } from '../denial.ts';

/**
 * A call on its way through a registry. All hooks of one call are given the same object: a step keeps what it knows of the
 * call in a `WeakMap`.
 */
export interface PassingCall {
  readonly tool: string;
  /** The circuit that the call needs beside the tool's own; null for none. */
  readonly upstream: string | null;
}

/** How a call ended. */
export interface CallEnd {
  /** `abandoned`: the call was not made, or says nothing of the tool. */
  readonly outcome: 'success' | 'failure' | 'abandoned';
  /** Null unless it failed. */
  readonly category: ErrorCategory | null;
  /** What the call failed with; undefined unless it failed. */
  readonly failure: unknown;
  /** In ms; null where it was not measured. */
  readonly durationMs: number | null;
  /** Whether the circuit had moved on, so that the result moved nothing. */
  readonly late: boolean;
  /** Whether the call was a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Whether the tool was forgotten, or the registry stopped, during the call: then nothing was counted. */
  readonly forgotten: boolean;
}

/**
 * What is done with every call of a registry: one feature, one step. The registry runs its hooks synchronously, in the order
 * of its list. A hook that is left out costs nothing.
 *
 * A call that is asked for by `allowRequest`, and a result that comes by `recordSuccess`, `recordFailure` or as an event, are
 * two different calls to a step: nothing ties them together.
 *
 * @example A step that allows three calls of each tool, whatever its circuit says.
 * const counts = new Map<string, number>();
 * registry.intercept({
 *   asked: ({ tool }) => {
 *     const count = (counts.get(tool) ?? 0) + 1;
 *     counts.set(tool, count);
 *     return count > 3 ? denialOf(tool) : undefined;
 *   },
 * });
 */
export interface CallStep {
  /** Whether the step has anything to do now. It is asked often, so it must be cheap. Default: always. */
  readonly isActive?: () => boolean;
  /** A call is asked for. A denial refuses it, before any circuit is asked. */
  readonly asked?: (call: PassingCall) => Denial | undefined;
  /** The call may be made. `probe`: it is a probe of a half-open circuit. */
  readonly admitted?: (call: PassingCall, admission: { readonly probe: boolean }) => void;
  /** The call is refused, by a step or by a circuit. */
  readonly refused?: (call: PassingCall, denial: Denial) => void;
  /** The call has ended. */
  readonly ended?: (call: PassingCall, end: CallEnd) => void;
  /** A failure counts against a circuit: that of its tool, or of what the tool depends on. */
  readonly blamed?: (failure: RecentError) => void;
}
