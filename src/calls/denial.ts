import type { ErrorCategory } from '../../machines/categories.ts';
import { type FleetVerdict, isHeld } from '../../machines/fleet-verdict.ts';
import type { Loop } from '../../machines/loop-memory.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import { type Refusing, retryAfterMsOf } from '../circuits/comeback.ts';
import { didNotGetThrough } from '../classify/transport.ts';

/**
 * The state that refused a call: `open` until the backoff ends, `halfOpen` while every probe slot is taken, `isolated` by an
 * operator, or `upstream` if the circuit that the tool depends on refused. `loop`: no circuit refused, but the run of the agent repeats
 * itself. It does not say what is wrong; `DenialKind` does.
 */
export type DenialReason = 'open' | 'halfOpen' | 'isolated' | 'upstream' | 'loop';

/**
 * What is wrong with the tool or its upstream: it cannot be reached (`unreachable`), its calls get through and fail
 * (`rejecting`), it answers too slowly (`slow`), or an operator took it out of service (`withheld`). `repeating`: nothing is; the caller
 * repeats itself.
 */
export type DenialKind = 'unreachable' | 'rejecting' | 'slow' | 'withheld' | 'repeating';

/** A refused call, as data. */
export interface Denial {
  readonly admitted: false;
  readonly tool: string;
  /** The target or tenant whose circuit the call needed; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  /** The state that refused the call. */
  readonly reason: DenialReason;
  /** What is wrong with the tool or its upstream. */
  readonly kind: DenialKind;
  /** The circuit that refused the call, if that is the tool's upstream; null if it is the tool's own. */
  readonly upstream: string | null;
  /** How long to wait before the next attempt, in ms from now; null if that is unknown, as for an isolated tool. */
  readonly retryAfterMs: number | null;
  /** The wall-clock time of the next attempt, in ms since 1970; null if unknown. */
  readonly retryAt: number | null;
  /**
   * Whether a probe is in flight that will show whether the circuit can close; then `retryAfterMs` estimates when it will end.
   */
  readonly probing: boolean;
  /** The category of the last counted failure; null if there was none. */
  readonly lastErrorCategory: ErrorCategory | null;
  /** The message of the last counted failure, on one line and shortened; null if only its category was given. */
  readonly lastError: string | null;
  /** The tools that the settings name as alternatives to this one. */
  readonly alternatives: readonly string[];
  /** What the caller repeats, if that is why the call was refused. */
  readonly loop?: Loop;
}

function kindOf({ value, context: { lastErrorCategory } }: ToolCircuitSnapshot): DenialKind {
  if (value === 'isolated') return 'withheld';
  // Slow calls are the only reason for a trip without an error.
  if (lastErrorCategory === null) return 'slow';
  return didNotGetThrough(lastErrorCategory) ? 'unreachable' : 'rejecting';
}

/** Derives a denial from the circuit that refused the call: the tool's own, or that of its upstream. */
export function denialOf(
  refusing: Refusing,
  more: {
    tool: string;
    key: string | null;
    now: number;
    wallNow: number;
    lastError: string | null;
    alternatives: readonly string[] | undefined;
  },
): Denial {
  const { latest: snapshot } = refusing;
  const { tool: circuit, key, lastErrorCategory } = snapshot.context;
  const isOwn = circuit === more.tool && key === more.key;
  const retryAfterMs = retryAfterMsOf(refusing, more.now);
  return {
    admitted: false,
    tool: more.tool,
    key: more.key,
    reason: isOwn ? (snapshot.value as DenialReason) : 'upstream',
    kind: kindOf(snapshot),
    upstream: isOwn ? null : circuit,
    retryAfterMs,
    retryAt: retryAfterMs === null ? null : Math.ceil(more.wallNow + retryAfterMs),
    probing: snapshot.value === 'halfOpen' || isTestedElsewhere(snapshot.context.fleet),
    lastErrorCategory,
    // Without a category the trip was due to slow calls, so an older error must not be blamed for it.
    lastError: lastErrorCategory === null ? null : more.lastError,
    alternatives: more.alternatives ?? noAlternatives,
  };
}

/** Whether another process of the fleet has the lease for the probe, or this one is being given it. */
const isTestedElsewhere = (fleet: FleetVerdict | null): boolean =>
  isHeld(fleet) && (fleet.lease === 'elsewhere' || fleet.lease === 'asked');

const noAlternatives: readonly string[] = Object.freeze([]);
