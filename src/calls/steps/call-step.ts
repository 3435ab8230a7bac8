import type { ErrorCategory } from '../../../machines/categories.ts';
import type { RecentError } from '../../telemetry/recent-errors.ts';
import type { Denial } from '../denial.ts';

/**
 * A call on its way through a registry. All hooks of one call receive the same object, so a step can keep its own data about
 * the call in a `WeakMap`.
 */
export interface PassingCall {
  readonly tool: string;
  /** The target or tenant whose circuit it needs; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  /** The circuit that the call needs in addition to the tool's own; null for none. */
  readonly upstream: string | null;
  /** What the tool is called with; undefined if that was not said. */
  readonly input: unknown;
  /** The run of an agent that makes the call; null if that was not said. */
  readonly run: string | null;
}

/** How a call ended. */
export interface CallEnd {
  /**
   * `abandoned`: the call was not made, or says nothing about the tool. `answered`: the tool answered with an error that counts
   * neither for nor against it.
   */
  readonly outcome: 'success' | 'failure' | 'answered' | 'abandoned';
  /** Null unless it failed or was answered with an error. */
  readonly category: ErrorCategory | null;
  /** What the call failed with, or was answered with; undefined otherwise. */
  readonly failure: unknown;
  /** The result of a success. Left out if it is unknown, as for a permit that was not told it, or a stream. */
  readonly result?: unknown;
  /** Of a failed call that needed an upstream: whether it was answered, so that the upstream is up. Left out otherwise. */
  readonly roundTrip?: boolean;
  /** How long the call took, in ms; null if it was not measured. */
  readonly durationMs: number | null;
  /** Whether it took longer than the `slowCallMs` of the tool's trip strategy. */
  readonly slow: boolean;
  /** Whether the circuit had changed state during the call, so that the result did not move it. */
  readonly late: boolean;
  /** Whether the call was a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Whether the tool was forgotten or the registry stopped during the call, so that nothing was counted. */
  readonly forgotten: boolean;
}

/**
 * A feature that sees every call of a registry, such as tracing, a log or a limit. The registry runs the hooks synchronously,
 * step by step in the order of its list. A hook that is left out costs nothing.
 *
 * For calls without a permit, the question (`allowRequest`) and the result (`recordSuccess`, `recordFailure` or an event)
 * reach a step as two unrelated calls, because nothing ties them together.
 *
 * @example A step that allows three calls of each tool, whatever state its circuit is in.
 * const counts = new Map<string, number>();
 * registry.intercept({
 *   asked: ({ tool, key }) => {
 *     const count = (counts.get(tool) ?? 0) + 1;
 *     counts.set(tool, count);
 *     if (count <= 3) return undefined;
 *     return {
 *       admitted: false,
 *       tool,
 *       key,
 *       reason: 'isolated',
 *       kind: 'withheld',
 *       upstream: null,
 *       retryAfterMs: null,
 *       retryAt: null,
 *       probing: false,
 *       lastErrorCategory: null,
 *       lastError: null,
 *       alternatives: [],
 *     };
 *   },
 * });
 */
export interface CallStep {
  /** Whether the step has anything to do now. It is called often, so it must be cheap. Default: always. */
  readonly isActive?: () => boolean;
  /**
   * Whether the step needs the duration of every call that has a permit. Without such a step, the registry measures only as
   * many calls as its percentiles need. Default false.
   */
  readonly timed?: boolean;
  /** A call is requested. Returning a denial refuses it before any circuit is asked. */
  readonly asked?: (call: PassingCall) => Denial | undefined;
  /** The call is admitted; `probe` says whether it is a probe of a half-open circuit. */
  readonly admitted?: (call: PassingCall, admission: { readonly probe: boolean }) => void;
  /**
   * Runs the function of an admitted call, and each wait for a further part of its stream, for example inside a tracing
   * context. The hook has to call `run`. The call's result is that of `run`, whatever the hook returns or throws; if the hook
   * does not call it, the registry does. Calls that are made with a permit have no function.
   *
   * @example
   * running: (call, run) => void storage.run(call, run),
   */
  readonly running?: (call: PassingCall, run: () => unknown) => void;
  /** The call is refused, by a step or by a circuit. */
  readonly refused?: (call: PassingCall, denial: Denial) => void;
  /** The call has ended. */
  readonly ended?: (call: PassingCall, end: CallEnd) => void;
  /** A failure counts against a circuit, either the tool's own or its upstream's. */
  readonly blamed?: (failure: RecentError) => void;
}
