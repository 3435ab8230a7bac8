import { type ErrorCategory, isCounted, isErrorCategory } from '../../machines/categories.ts';
import { categoryOf, type PermitStamp, type ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { durationOf, isLate } from '../../machines/circuit-rules.ts';
import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import { consecutiveFailures } from '../../machines/trip-strategy.ts';
import { type Admission, isProbe } from '../circuits/admission.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { Shadow } from '../circuits/shadow.ts';
import { errorText } from '../classify/error-text.ts';
import { isPlainError } from '../classify/plain-error.ts';
import { read } from '../classify/read.ts';
import { retryAfterMs } from '../classify/retry-after.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import { evidenceOf, type Verdict } from './evidence.ts';
import type { PermitOwner } from './issued-permit.ts';
import type { LoopGuard } from './loops/guard-loops.ts';
import type { Correction } from './loops/loop-words.ts';
import { checkNotMisspelt } from './misspelt-category.ts';
import type { CallEnd } from './steps/call-step.ts';
import type { CallSteps } from './steps/call-steps.ts';

/** The parts that a recorder works with. */
export interface ResultRecorderOptions {
  readonly circuits: Circuits;
  readonly clock: Required<Clock>;
  readonly classify: (error: unknown) => ErrorCategory;
  readonly steps: CallSteps;
  readonly loops: LoopGuard;
}

/** Details of a failed call besides its error. */
export interface KnownOfFailure {
  /** Whether the call was answered. Default false: the error decides. */
  readonly roundTrip?: boolean;
  /** Whether an abort may come from the caller. If not, it is a time limit inside the tool. Default true. */
  readonly mayBeCallersAbort?: boolean;
  /** Whether the caller gave up at a time limit of its own. Default false. */
  readonly gaveUp?: boolean;
  /** That time limit, in ms, for a call that is not measured. */
  readonly timeoutMs?: number | undefined;
}

const nothingMore: KnownOfFailure = Object.freeze({});

const notAnswered = Object.freeze({ roundTrip: false });

type ResultEvent = ToolCircuitEvent & { type: 'SUCCESS' | 'FAILURE' };

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

/** Whether an error is the tool's answer, and counts neither for nor against it. */
const isMereAnswer = (failure: unknown): boolean =>
  typeof failure === 'object' && failure !== null && read(failure, 'counts') === false;

/** Tells the shadow of an observed circuit of a result, unless it would have refused the call or was not asked. */
function tellShadow(shadow: Shadow, event: ResultEvent, admission: Admission<Circuit> | undefined): void {
  if (admission === undefined) shadow.tell(event);
  else if (admission.shadow) shadow.tell({ ...event, stamp: admission.shadow });
}

/** Counts how calls ended, and sends each result to the circuits that it is evidence for or against. */
export class ResultRecorder implements PermitOwner {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #classify: (error: unknown) => ErrorCategory;
  readonly #steps: CallSteps;
  readonly #loops: LoopGuard;

  constructor({ circuits, clock, classify, steps, loops }: ResultRecorderOptions) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#classify = classify;
    this.#steps = steps;
    this.#loops = loops;
  }

  recordSuccess(name: string, key: string | null): void {
    if (this.#circuits.isStopped) return;
    const circuit = this.#circuits.useFor(name, key);
    this.#count(circuit, null, undefined);
    this.#succeed(circuit);
    const upstream = this.#upstreamOf(circuit);
    if (upstream !== undefined) this.#succeed(upstream);
  }

  recordFailure(name: string, failure: unknown, key: string | null): void {
    checkNotMisspelt(failure);
    if (this.#circuits.isStopped) return;
    const category = this.#categoryOf(failure);
    // The user's classifier has just run, and it may have stopped the registry.
    if (this.#circuits.isStopped) return;
    const known = this.#circuits.touch(name, key);
    // An ignored failure only frees a probe slot, and an unknown tool has none.
    if (known === undefined && !isCounted(category)) {
      this.#circuits.forgotten.fail(category);
      return;
    }
    const circuit = known ?? this.#circuits.use(name, key);
    if (isMereAnswer(failure)) {
      this.#countAnswer(circuit, category, failure);
      this.#tell(circuit, 'neutral', category, failure);
      const answering = this.#upstreamOf(circuit);
      if (answering !== undefined) this.#succeed(answering);
      return;
    }
    this.#count(circuit, category, failure);
    const upstream = this.#upstreamOf(circuit);
    if (upstream === undefined) {
      this.#fail(circuit, category, failure);
      return;
    }
    const evidence = evidenceOf(category, failure, false);
    this.#tell(circuit, evidence.tool, category, failure);
    this.#tell(upstream, evidence.upstream, category, failure);
  }

  /** An admitted call succeeded. */
  succeed(call: AdmittedCall, known?: { readonly result: unknown }): void {
    const { circuit } = call;
    const mayBeQuiet = call === circuit.quietAdmission && !this.#circuits.isStopped && !this.#steps.seesEnds;
    if (mayBeQuiet && (circuit.trip === consecutiveFailures || circuit.addQuietSuccess(this.#clock.now()))) {
      circuit.stats.succeed();
    } else this.#record(call, known);
  }

  #record(call: AdmittedCall, known?: { readonly result: unknown }): void {
    const { circuit, upstream } = call;
    const durationMs = this.#durationOf(call);
    this.#count(circuit, null, undefined, call, durationMs, known);
    if (this.#circuits.isCurrent(circuit)) this.#succeed(circuit, call, durationMs);
    if (upstream !== undefined && this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.succeed(durationMs);
      this.#succeed(upstream.circuit, upstream, durationMs);
    }
  }

  /** The correction that the answer of a call that has ended is to carry; null if it needs none. */
  correctionOf({ passing }: AdmittedCall): Correction | null {
    return this.#loops.correctionOf(passing);
  }

  /** An admitted call failed. */
  fail(call: AdmittedCall, failure: unknown, known: KnownOfFailure = nothingMore): void {
    if (this.#circuits.isStopped && !this.#steps.seesEnds) return;
    const { circuit, upstream } = call;
    const { roundTrip = false, mayBeCallersAbort = true } = known;
    if (known.gaveUp && this.#isImpatient(call, known.timeoutMs)) {
      if (this.#circuits.isCurrent(circuit)) circuit.stats.beImpatient();
      this.cancel(call);
      return;
    }
    const said = this.#categoryOf(failure);
    const category = said === 'cancelled' && !mayBeCallersAbort ? 'timeout' : said;
    const durationMs = this.#durationOf(call);
    if (isMereAnswer(failure)) {
      this.#answer(call, category, failure, durationMs);
      return;
    }
    // Checked only now, because the user's classifier may have stopped the registry or reset the tool.
    this.#count(circuit, category, failure, call, durationMs);
    if (upstream === undefined) {
      if (this.#circuits.isCurrent(circuit)) this.#fail(circuit, category, failure, call, durationMs);
      return;
    }
    const evidence = evidenceOf(category, failure, roundTrip);
    if (this.#circuits.isCurrent(circuit)) {
      this.#tell(circuit, evidence.tool, category, failure, call, durationMs);
    }
    if (this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.fail(category, durationMs);
      this.#tell(upstream.circuit, evidence.upstream, category, failure, upstream, durationMs);
    }
  }

  /** An admitted call was answered with an error that does not count: a round trip, and no verdict on the tool. */
  #answer(
    call: AdmittedCall,
    category: ErrorCategory,
    failure: unknown,
    durationMs: number | undefined,
  ): void {
    this.#countAnswer(call.circuit, category, failure, call, durationMs);
    this.#proveUpstream(call, durationMs);
  }

  #countAnswer(
    circuit: Circuit,
    category: ErrorCategory,
    failure: unknown,
    call?: AdmittedCall,
    durationMs?: number,
  ): void {
    if (this.#circuits.isCurrent(circuit)) circuit.stats.answer(durationMs);
    if (this.#steps.seesEnds) this.#end(circuit, 'answered', category, failure, call, durationMs);
  }

  /** Whether a caller gave up sooner than the tool has ever been known to need. */
  #isImpatient(call: AdmittedCall, timeoutMs: number | undefined): boolean {
    const waitedMs = this.#durationOf(call) ?? timeoutMs ?? Infinity;
    return waitedMs < call.circuit.stats.neededMs;
  }

  /** An admitted call hit a time limit. Its failure is reported separately. */
  timeOut({ circuit }: AdmittedCall): void {
    if (this.#circuits.isCurrent(circuit)) circuit.stats.timeOut();
  }

  /** An admitted call was not made, or says nothing about the tool. If it was answered, it says something about the upstream. */
  abandon(call: AdmittedCall, { roundTrip }: { readonly roundTrip: boolean } = notAnswered): void {
    if (this.#steps.seesEnds) this.#end(call.circuit, 'abandoned', null, undefined, call);
    if (roundTrip) this.#proveUpstream(call, this.#durationOf(call));
    else this.#giveBackAll(call);
  }

  /** A round trip without a verdict on the tool: its place is free again, and its upstream is up. */
  #proveUpstream(call: AdmittedCall, durationMs: number | undefined): void {
    this.giveBack(call);
    const { upstream } = call;
    if (upstream === undefined || !this.#circuits.isCurrent(upstream.circuit)) return;
    upstream.circuit.stats.succeed(durationMs);
    this.#succeed(upstream.circuit, upstream, durationMs);
  }

  /** The caller aborted the call: it is counted, but is evidence of nothing. */
  cancel(call: AdmittedCall): void {
    this.#count(call.circuit, 'cancelled', 'cancelled', call);
    this.#giveBackAll(call);
  }

  /** Counts a result that was sent directly to a circuit's actor. */
  countBareResult(circuit: Circuit, event: ResultEvent): void {
    if (!this.#circuits.isCurrent(circuit)) return;
    const category = event.type === 'SUCCESS' ? null : categoryOf(event);
    this.#count(circuit, category, category ?? undefined, undefined, durationOf(event) ?? undefined);
    const isNoted = category !== null && isCounted(category) && !isLate(circuit.latest.context, event.stamp);
    circuit.shadow?.tell(event);
    // A bare event has no message, and the message of an older failure must not stand for it.
    if (isNoted) circuit.lastError = null;
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

  /** The circuit that a tool depends on according to its settings. */
  #upstreamOf(circuit: Circuit): Circuit | undefined {
    const { upstream } = circuit;
    return upstream === undefined ? undefined : this.#circuits.useUpstream(circuit, upstream);
  }

  #giveBackAll(call: AdmittedCall): void {
    this.giveBack(call);
    if (call.upstream !== undefined) this.giveBack(call.upstream);
  }

  /** The category of a failure: given as such, or classified from an error. */
  #categoryOf(failure: unknown): ErrorCategory {
    return isErrorCategory(failure) ? failure : this.#classify(failure);
  }

  #durationOf({ startedAt }: AdmittedCall): number | undefined {
    return startedAt === undefined ? undefined : Math.max(0, this.#clock.now() - startedAt);
  }

  /** Counts a call that has ended, unless its tool was forgotten, and passes it to the steps. */
  #count(
    circuit: Circuit,
    category: ErrorCategory | null,
    failure: unknown,
    call?: AdmittedCall,
    durationMs?: number,
    known?: { readonly result: unknown },
  ): void {
    if (this.#circuits.isCurrent(circuit)) {
      if (category === null) circuit.stats.succeed(durationMs);
      else circuit.stats.fail(category, durationMs);
    }
    if (!this.#steps.seesEnds) return;
    this.#end(circuit, category === null ? 'success' : 'failure', category, failure, call, durationMs, known);
  }

  #end(
    circuit: Circuit,
    outcome: CallEnd['outcome'],
    category: ErrorCategory | null,
    failure: unknown,
    call?: AdmittedCall,
    durationMs?: number,
    known?: { readonly result: unknown },
  ): void {
    const passing = call?.passing ?? {
      tool: circuit.tool,
      key: circuit.key,
      input: undefined,
      run: null,
      upstream: call?.upstream?.circuit.id ?? circuit.upstream ?? null,
    };
    this.#steps.ended(passing, {
      outcome,
      category,
      failure,
      ...known,
      durationMs: durationMs ?? null,
      slow: durationMs !== undefined && durationMs > (circuit.trip.slowCallMs ?? Infinity),
      late: call !== undefined && isLate(circuit.latest.context, call.stamp),
      probe: call !== undefined && isProbe(call),
      forgotten: !this.#circuits.isCurrent(circuit),
    });
  }

  #tell(
    circuit: Circuit,
    verdict: Verdict,
    category: ErrorCategory,
    failure: unknown,
    admission?: Admission<Circuit>,
    durationMs?: number,
  ): void {
    if (verdict === 'success') this.#succeed(circuit, admission, durationMs);
    else if (verdict === 'failure') this.#fail(circuit, category, failure, admission, durationMs);
    else if (admission !== undefined) this.giveBack(admission);
    else {
      if (circuit.latest.value === 'halfOpen') circuit.send({ type: 'ABANDON' });
      if (circuit.shadow?.state === 'halfOpen') circuit.shadow.tell({ type: 'ABANDON' });
    }
  }

  #succeed(circuit: Circuit, admission?: Admission<Circuit>, durationMs?: number): void {
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

  #fail(
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
    const mayAsk = typeof failure === 'object' && !isPlainError(failure);
    const askedMs = mayAsk ? retryAfterMs(failure, this.#clock.wallNow()) : undefined;
    const event: ToolCircuitEvent & { type: 'FAILURE' } & { at: number } = { type: 'FAILURE', category, at };
    if (askedMs !== undefined) event.retryAfterMs = askedMs;
    if (circuit.shadow !== undefined) {
      tellShadow(circuit.shadow, withDetails({ ...event }, undefined, durationMs), admission);
    }
    circuit.tell(withDetails(event, stamp, durationMs));
  }
}
