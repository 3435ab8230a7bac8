import { aFunction, checkFields, type Rules, trueOrFalse } from '../../../machines/rule.ts';
import type { RecentError } from '../../telemetry/recent-errors.ts';
import type { Denial } from '../denial.ts';
import type { CallEnd, CallStep, PassingCall } from './call-step.ts';

const rules: Rules<keyof CallStep> = {
  isActive: aFunction,
  timed: trueOrFalse,
  running: aFunction,
  asked: aFunction,
  admitted: aFunction,
  refused: aFunction,
  ended: aFunction,
  blamed: aFunction,
};

/** @throws TypeError for an unknown hook, RangeError for a hook that is not a function. */
export const checkStep = (step: unknown): CallStep => checkFields<CallStep>(step, rules, 'step');

type RunningStep = CallStep & Required<Pick<CallStep, 'running'>>;

const isActive = (step: CallStep): boolean => step.isActive === undefined || step.isActive();

/** The steps that every call of a registry passes through, in order. */
export class CallSteps {
  #steps: readonly CallStep[] = [];
  /** The steps that have nothing to do for now. */
  readonly #idle = new Set<CallStep>();
  /** The steps that see a call before it is made. */
  #before: readonly CallStep[] = [];
  /** The steps that see how a call ends. */
  #after: readonly CallStep[] = [];
  /** The steps that need the duration of every call. */
  #timed: readonly CallStep[] = [];
  /** The steps that run the functions of calls. */
  #around: readonly RunningStep[] = [];
  /** The steps that see what counts against a circuit. */
  #blaming: readonly CallStep[] = [];

  constructor(steps: readonly CallStep[]) {
    this.#set(steps);
  }

  /** Leaves a step out while it has nothing to do, which costs calls less than asking it would. */
  setIdle(step: CallStep, isIdle: boolean): void {
    if (isIdle) this.#idle.add(step);
    else this.#idle.delete(step);
    this.#set(this.#steps);
  }

  /** Adds a step at the end of the list. @returns A function that removes it. */
  add(step: CallStep): () => void {
    this.#set([...this.#steps, step]);
    return () => this.#set(this.#steps.filter((each) => each !== step));
  }

  /** Whether any step wants to see calls before they are made. */
  get seesCalls(): boolean {
    return this.#before.length > 0 && this.#before.some(isActive);
  }

  /** Whether any step wants to see how calls end. */
  get seesEnds(): boolean {
    return this.#after.some(isActive);
  }

  /** Whether any step needs the duration of every call. */
  get timesCalls(): boolean {
    return this.#timed.length > 0 && this.#timed.some(isActive);
  }

  /** Runs the function of a call inside all steps that have `running`, the first of the list outermost. */
  run<Result>(call: PassingCall, fn: () => Result): Result {
    return this.#around.filter(isActive).reduceRight((inner, step) => once(inner, step, call), fn)();
  }

  /** @returns The denial of the first step that refuses the call. */
  asked(call: PassingCall): Denial | undefined {
    for (const step of this.#before) {
      if (step.asked === undefined || !isActive(step)) continue;
      const denial: Partial<Denial> | undefined = step.asked(call);
      if (denial?.admitted === false) return denial as Denial;
    }
    return undefined;
  }

  admitted(call: PassingCall, probe: boolean): void {
    for (const step of this.#before) if (isActive(step)) step.admitted?.(call, { probe });
  }

  refused(call: PassingCall, denial: Denial): void {
    for (const step of this.#before) if (isActive(step)) step.refused?.(call, denial);
  }

  ended(call: PassingCall, end: CallEnd): void {
    for (const step of this.#after) if (isActive(step)) step.ended?.(call, end);
  }

  blamed(failure: RecentError): void {
    for (const step of this.#blaming) if (isActive(step)) step.blamed?.(failure);
  }

  #set(steps: readonly CallStep[]): void {
    this.#steps = steps;
    const busy = steps.filter((step) => !this.#idle.has(step));
    this.#before = busy.filter(
      ({ asked, admitted, refused, running }) => asked ?? admitted ?? refused ?? running,
    );
    this.#after = busy.filter(({ ended }) => ended);
    this.#timed = busy.filter(({ timed }) => timed);
    this.#around = busy.filter((step): step is RunningStep => step.running !== undefined);
    this.#blaming = busy.filter(({ blamed }) => blamed);
  }
}

/** How a function ended. */
type Settled<Result> =
  | { readonly isValue: true; readonly value: Result }
  | { readonly isValue: false; readonly error: unknown };

function settle<Result>(fn: () => Result): Settled<Result> {
  try {
    return { isValue: true, value: fn() };
  } catch (error) {
    return { isValue: false, error };
  }
}

/** A function that runs another exactly once, inside a step, and ends as the other did. */
function once<Result>(fn: () => Result, { running }: RunningStep, call: PassingCall): () => Result {
  return () => {
    const ended: Settled<Result>[] = [];
    const run = (): void => {
      if (ended.length === 0) ended.push(settle(fn));
    };
    running(call, run);
    // A step that does not call it must not keep the call from being made.
    run();
    const [end] = ended as [Settled<Result>];
    if (!end.isValue) throw end.error;
    return end.value;
  };
}
