import type { EndedCall } from '../../../machines/loop-memory.ts';
import { didNotGetThrough } from '../../classify/transport.ts';
import type { Denial } from '../denial.ts';
import type { CallEnd, CallStep, PassingCall } from '../steps/call-step.ts';
import type { GuardedRun } from './agent-run.ts';
import type { AgentRuns } from './agent-runs.ts';
import { fingerprint } from './fingerprint.ts';
import type { Correction } from './loop-words.ts';
import { mistakeOf, wordsOf } from './mistake-words.ts';

/** The parts that the guard against loops works with. */
export interface LoopGuardOptions {
  readonly runs: AgentRuns;
  /** Whether a tool is meant to be called again until its result changes. */
  readonly isPolling: (tool: string) => boolean;
  /** Whether a tool only observes. */
  readonly isObserved: (tool: string) => boolean;
  readonly alternatives: (tool: string) => readonly string[];
}

interface Followed {
  readonly run: GuardedRun;
  /** The fingerprint of its input; null if that is unknown. */
  readonly input: string | null;
}

/** Refuses calls that a run of an agent repeats, and finds the corrections for the answers before. */
export class LoopGuard implements CallStep {
  readonly #options: LoopGuardOptions;
  readonly #followed = new WeakMap<PassingCall, Followed>();
  readonly #corrections = new WeakMap<PassingCall, Correction>();

  constructor(options: LoopGuardOptions) {
    this.#options = options;
  }

  readonly asked = (call: PassingCall): Denial | undefined => {
    const { runs, isPolling, isObserved, alternatives } = this.#options;
    if (call.run === null || isPolling(call.tool)) return undefined;
    const run = runs.forCall(call.run);
    if (run === undefined) return undefined;
    const input = call.input === undefined ? null : fingerprint(call.input);
    this.#followed.set(call, { run, input });
    const loop = run.ask({ tool: call.tool, input }, isObserved(call.tool));
    if (loop === null) return undefined;
    return {
      admitted: false,
      tool: call.tool,
      key: call.key,
      reason: 'loop',
      kind: 'repeating',
      upstream: null,
      retryAfterMs: null,
      retryAt: null,
      probing: false,
      lastErrorCategory: null,
      lastError: loop.endings.at(-1) ?? null,
      alternatives: alternatives(call.tool),
      loop,
    };
  };

  readonly ended = (call: PassingCall, end: CallEnd): void => {
    const followed = this.#followed.get(call);
    const ended = followed && endOf(call.tool, followed.input, end);
    if (followed === undefined || ended === undefined) return;
    const correction = followed.run.ended(ended, this.#options.isObserved(call.tool));
    if (correction !== null) this.#corrections.set(call, correction);
  };

  /** The correction that the answer of a call is to carry; null if it needs none. */
  correctionOf(call: PassingCall | undefined): Correction | null {
    return (call && this.#corrections.get(call)) ?? null;
  }
}

/** How a call ended, for the run that made it; undefined for an ending that says nothing about repetitions. */
function endOf(tool: string, input: string | null, end: CallEnd): EndedCall | undefined {
  const { outcome, category, failure } = end;
  if (outcome === 'abandoned') return undefined;
  if (category === null) {
    const result = 'result' in end ? fingerprint(end.result) : null;
    return { tool, input, ended: 'success', outcome: result, mistake: null, said: null };
  }
  // To try again is right where the way to the tool is at fault; that is for circuits to limit.
  if (didNotGetThrough(category) || category === 'rateLimit') return undefined;
  if (category === 'cancelled' || category === 'circuitOpen') return undefined;
  const said = wordsOf(failure, category);
  const words = fingerprint([category, said]);
  if (category === 'toolNotFound') {
    return { tool, input, ended: 'unknownTool', outcome: words, mistake: null, said };
  }
  const mistake = mistakeOf(category, outcome === 'answered', said);
  return {
    tool,
    input,
    ended: mistake === null ? 'failure' : 'mistake',
    outcome: words,
    mistake: mistake === null ? null : fingerprint(mistake),
    said,
  };
}
