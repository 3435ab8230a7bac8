import { type ErrorCategory, isCounted, isErrorCategory } from '../../machines/categories.ts';
import { categoryOf } from '../../machines/circuit-context.ts';
import { durationOf, isLate } from '../../machines/circuit-rules.ts';
import { consecutiveFailures } from '../../machines/trip-strategy.ts';
import { isProbe } from '../circuits/admission.ts';
import type { Circuit, ResultEvent } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { read } from '../classify/read.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import type { CircuitTeller } from './circuit-teller.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
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
  readonly teller: CircuitTeller;
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

/** Whether an error is the tool's answer, and counts neither for nor against it. */
const isMereAnswer = (failure: unknown): boolean => read(failure, 'counts') === false;

const answeredBy = ({ upstream }: Evidence) => ({ roundTrip: upstream === 'success' });

/** Counts how calls ended, and decides what each result is evidence for. */
export class ResultRecorder implements PermitOwner {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #classify: (error: unknown) => ErrorCategory;
  readonly #steps: CallSteps;
  readonly #loops: LoopGuard;
  readonly #teller: CircuitTeller;

  constructor({ circuits, clock, classify, steps, loops, teller }: ResultRecorderOptions) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#classify = classify;
    this.#steps = steps;
    this.#loops = loops;
    this.#teller = teller;
  }

  recordSuccess(name: string, key: string | null): void {
    if (this.#circuits.isStopped) return;
    const circuit = this.#circuits.useFor(name, key);
    this.#count(circuit, null, undefined);
    this.#teller.succeed(circuit);
    const upstream = this.#upstreamOf(circuit);
    if (upstream !== undefined) this.#teller.succeed(upstream);
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
      this.#teller.tell(circuit, 'neutral', category, failure);
      const answering = this.#upstreamOf(circuit);
      if (answering !== undefined) this.#teller.succeed(answering);
      return;
    }
    const upstream = this.#upstreamOf(circuit);
    if (upstream === undefined) {
      this.#count(circuit, category, failure);
      this.#teller.fail(circuit, category, failure);
      return;
    }
    const evidence = evidenceOf(category, failure, false);
    this.#count(circuit, category, failure, undefined, undefined, answeredBy(evidence));
    this.#teller.tell(circuit, evidence.tool, category, failure);
    this.#teller.tell(upstream, evidence.upstream, category, failure);
  }

  /** An admitted call succeeded. */
  succeed(call: AdmittedCall, known?: { readonly result: unknown }): void {
    if (!this.#succeedQuietly(call)) this.#record(call, known);
  }

  /** An admitted call returned a result, of which nothing is made where no step sees it: nearly all calls pass here. */
  succeedWith(call: AdmittedCall, result: unknown): void {
    if (!this.#succeedQuietly(call)) this.#record(call, { result });
  }

  /** Counts a success that nobody has to be told of; false for any other. */
  #succeedQuietly(call: AdmittedCall): boolean {
    const { circuit } = call;
    const mayBeQuiet = call === circuit.quietAdmission && !this.#circuits.isStopped && !this.#steps.seesEnds;
    if (mayBeQuiet && (circuit.trip === consecutiveFailures || circuit.addQuietSuccess(this.#clock.now()))) {
      circuit.stats.succeed();
      return true;
    }
    return false;
  }

  #record(call: AdmittedCall, known?: { readonly result: unknown }): void {
    const { circuit, upstream } = call;
    const durationMs = this.#durationOf(call);
    this.#count(circuit, null, undefined, call, durationMs, known);
    if (this.#circuits.isCurrent(circuit)) this.#teller.succeed(circuit, call, durationMs);
    if (upstream !== undefined && this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.succeed(durationMs);
      this.#teller.succeed(upstream.circuit, upstream, durationMs);
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
    if (upstream === undefined) {
      this.#count(circuit, category, failure, call, durationMs);
      if (this.#circuits.isCurrent(circuit)) this.#teller.fail(circuit, category, failure, call, durationMs);
      return;
    }
    const evidence = evidenceOf(category, failure, roundTrip);
    this.#count(circuit, category, failure, call, durationMs, answeredBy(evidence));
    if (this.#circuits.isCurrent(circuit)) {
      this.#teller.tell(circuit, evidence.tool, category, failure, call, durationMs);
    }
    if (this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.fail(category, durationMs);
      this.#teller.tell(upstream.circuit, evidence.upstream, category, failure, upstream, durationMs);
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
    this.#teller.giveBack(call);
    const { upstream } = call;
    if (upstream === undefined || !this.#circuits.isCurrent(upstream.circuit)) return;
    upstream.circuit.stats.succeed(durationMs);
    this.#teller.succeed(upstream.circuit, upstream, durationMs);
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

  /** The circuit that a tool depends on according to its settings. */
  #upstreamOf(circuit: Circuit): Circuit | undefined {
    const { upstream } = circuit;
    return upstream === undefined ? undefined : this.#circuits.useUpstream(circuit, upstream);
  }

  #giveBackAll(call: AdmittedCall): void {
    this.#teller.giveBack(call);
    if (call.upstream !== undefined) this.#teller.giveBack(call.upstream);
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
    known?: Pick<CallEnd, 'result' | 'roundTrip'>,
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
    known?: Pick<CallEnd, 'result' | 'roundTrip'>,
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
}
