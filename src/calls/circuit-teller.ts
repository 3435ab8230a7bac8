import { type ErrorCategory, isCounted, isErrorCategory } from '../../machines/categories.ts';
import type { PermitStamp, ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { isLate } from '../../machines/circuit-rules.ts';
import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import { consecutiveFailures } from '../../machines/trip-strategy.ts';
import type { Admission } from '../circuits/admission.ts';
import type { Circuit, ResultEvent } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { Shadow } from '../circuits/shadow.ts';
import { errorText } from '../classify/error-text.ts';
import { retryAfterMs } from '../classify/retry-after.ts';
import type { Clock } from '../time/clock.ts';
import type { Verdict } from './evidence.ts';
import type { CallSteps } from './steps/call-steps.ts';

/** Adds the known details. Assigning is faster than spreading, and every result passes here. */
function withDetails<Event extends ResultEvent>(
  event: Event,
  stamp: PermitStamp | undefined,
  durationMs: number | undefined,
): Event {
  if (stamp !== undefined) event.stamp = stamp;
  if (durationMs !== undefined) event.durationMs = durationMs;
  return event;
}

/** Tells the shadow of an observed circuit of a result, unless it would have refused the call or was not asked. */
function tellShadow(shadow: Shadow, event: ResultEvent, admission: Admission<Circuit> | undefined): void {
  if (admission === undefined) shadow.tell(event);
  else if (admission.shadow) shadow.tell({ ...event, stamp: admission.shadow });
}

/** Tells circuits, and the shadows of those that only observe, how calls ended: with no event where nothing would change. */
export class CircuitTeller {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #steps: CallSteps;

  constructor(circuits: Circuits, clock: Required<Clock>, steps: CallSteps) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#steps = steps;
  }

  /** A call ended, and that says something about the circuit, or nothing. */
  tell(
    circuit: Circuit,
    verdict: Verdict,
    category: ErrorCategory,
    failure: unknown,
    admission?: Admission<Circuit>,
    durationMs?: number,
  ): void {
    if (verdict === 'success') this.succeed(circuit, admission, durationMs);
    else if (verdict === 'failure') this.fail(circuit, category, failure, admission, durationMs);
    else if (admission !== undefined) this.giveBack(admission);
    else {
      if (circuit.latest.value === 'halfOpen') circuit.send({ type: 'ABANDON' });
      if (circuit.shadow?.state === 'halfOpen') circuit.shadow.tell({ type: 'ABANDON' });
    }
  }

  /** A call succeeded. @param admission The permission by which it was made, if there was one. @param durationMs If it was measured. */
  succeed(circuit: Circuit, admission?: Admission<Circuit>, durationMs?: number): void {
    if (circuit.shadow !== undefined) {
      const event = withDetails({ type: 'SUCCESS', at: this.#clock.now() }, undefined, durationMs);
      tellShadow(circuit.shadow, event, admission);
    }
    const stamp = admission?.stamp;
    const { value, context } = circuit.latest;
    const isHealthy = context.failureCount === 0 && !context.tripIsSpared && admitsAll(value as CircuitState);
    const isOfNow = stamp === undefined || stamp.generation === context.generation;
    // A success changes nothing in a healthy circuit that counts failures in a row. Whoever inspects wants to see it all the same.
    if (isHealthy && isOfNow && circuit.trip === consecutiveFailures && !circuit.isInspected) {
      circuit.quietAdmission = circuit.freeAdmission;
      return;
    }
    const at = this.#clock.now();
    // With any other strategy it changes only the strategy's memory, which needs no event.
    if (isHealthy && isOfNow && circuit.addSuccess(at, durationMs)) {
      circuit.quietAdmission = circuit.freeAdmission;
      return;
    }
    circuit.tell(withDetails({ type: 'SUCCESS', at }, stamp, durationMs));
  }

  /** A call failed. An ignored failure moves no circuit: it only frees the place of a probe. */
  fail(
    circuit: Circuit,
    category: ErrorCategory,
    failure: unknown,
    admission?: Admission<Circuit>,
    durationMs?: number,
  ): void {
    const stamp = admission?.stamp;
    const at = this.#clock.now();
    if (!isCounted(category)) {
      if (circuit.shadow !== undefined)
        tellShadow(circuit.shadow, { type: 'FAILURE', category, at }, admission);
      const isProbeResult =
        stamp === undefined ? circuit.latest.value === 'halfOpen' : stamp.probeStart !== null;
      // An ignored failure only frees a probe slot. Whoever inspects wants to see it all the same, unless the chart would count it as late.
      const isShown = circuit.isInspected && !isLate(circuit.latest.context, stamp);
      if (isProbeResult || isShown) circuit.send({ type: 'FAILURE', category, at, ...(stamp && { stamp }) });
      return;
    }
    if (!isLate(circuit.latest.context, stamp)) {
      circuit.lastError = isErrorCategory(failure) ? null : errorText(failure);
      this.#steps.blamed({ tool: circuit.tool, key: circuit.key, category, message: circuit.lastError, at });
    }
    const askedMs = isErrorCategory(failure) ? undefined : retryAfterMs(failure, this.#clock.wallNow());
    const event: ToolCircuitEvent & { type: 'FAILURE' } & { at: number } = { type: 'FAILURE', category, at };
    if (askedMs !== undefined) event.retryAfterMs = askedMs;
    if (circuit.shadow !== undefined) {
      tellShadow(circuit.shadow, withDetails({ ...event }, undefined, durationMs), admission);
    }
    circuit.tell(withDetails(event, stamp, durationMs));
  }

  /** Frees the slot of a probe that was not made or says nothing. */
  giveBack(admission: Admission<Circuit>): void {
    const { circuit, stamp } = admission;
    if (!this.#circuits.isCurrent(circuit)) return;
    if (stamp.probeStart !== null) circuit.send({ type: 'ABANDON', stamp });
    this.giveBackShadow(admission);
  }

  /** The same for the shadow of an observed circuit. */
  giveBackShadow({ circuit, shadow }: Admission<Circuit>): void {
    if (shadow) circuit.shadow?.tell({ type: 'ABANDON', stamp: shadow });
  }
}
