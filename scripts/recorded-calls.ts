import { readFileSync } from 'node:fs';
import { createToolRegistry, type ToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { type ResultErrors, resultFailure } from 'toolfuse/mcp';
import { TestClock } from 'toolfuse/testing';
import { failureIn } from '../src/proxy/session/answer-failure.ts';
import { Message } from '../src/proxy/wire/message.ts';

/** One recorded call of a tool, a line of JSON. */
export interface RecordedCall {
  readonly run: string;
  readonly server: string;
  readonly tool: string;
  readonly argumentsHash: string;
  /** Null where the answer is kept as text only. */
  readonly isError: boolean | null;
  readonly text: string;
}

/** How long after each other calls are replayed, in ms. */
const msBetweenCalls = 3_000;

export const readCalls = (path: string): RecordedCall[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedCall);

/** Whether a call went well. Of an answer that is kept as text only, a timeout is the only failure. */
export const wentWell = ({ isError, text }: RecordedCall): boolean =>
  isError === null ? text !== 'Tool call timed out.' : !isError;

const nameOf = ({ server, tool }: RecordedCall): string => `${server}.${tool}`;

/** Calls by run, in order. */
export function runsOf(calls: readonly RecordedCall[]): RecordedCall[][] {
  const runs = new Map<string, RecordedCall[]>();
  for (const call of calls) {
    const run = runs.get(call.run);
    if (run === undefined) runs.set(call.run, [call]);
    else run.push(call);
  }
  return [...runs.values()];
}

/** The failures of one tool in one run with no success of it in between. */
export type Streak = readonly RecordedCall[];

export function streaksOf(calls: readonly RecordedCall[], atLeast: number): Streak[] {
  return runsOf(calls).flatMap((run) => {
    const open = new Map<string, RecordedCall[]>();
    const ended: Streak[] = [];
    for (const call of run) {
      const name = nameOf(call);
      const streak = open.get(name) ?? [];
      if (wentWell(call)) {
        ended.push(streak);
        open.delete(name);
      } else open.set(name, [...streak, call]);
    }
    return [...ended, ...open.values()].filter(({ length }) => length >= atLeast);
  });
}

/** What became of the calls of a replay. */
export interface Replay {
  /** The calls that were refused, by a circuit or as a repetition. */
  readonly refused: ReadonlySet<RecordedCall>;
  /** The calls whose answer carried a correction, with the number of repetitions that it named. */
  readonly corrected: ReadonlyMap<RecordedCall, number>;
  /** The totals over all runs. */
  readonly trips: number;
  readonly wouldDeny: number;
  readonly counted: number;
  readonly answered: number;
}

/** How calls are replayed. */
export interface ReplayOptions {
  readonly policy?: ResultErrors;
  /** Whether a call needs the circuit of the host that its answer names. Default false. */
  readonly byHost?: boolean;
  /** Whether answers are read as the proxy reads them: an error that is all of a body is one, too. Default false. */
  readonly byProxy?: boolean;
  /** Whether all runs share a registry. Default false: each has its own. */
  readonly isShared?: boolean;
}

function end(
  registry: ToolRegistry,
  call: RecordedCall,
  { policy = 'tool', byHost = false, byProxy = false }: ReplayOptions,
): ReturnType<ToolRegistry['tryAcquire']> {
  const permit = registry.tryAcquire(nameOf(call), {
    input: call.argumentsHash,
    run: call.run,
    ...(byHost && { key: hostIn(call.text) }),
  });
  if (!permit.admitted) return permit;
  const result = { isError: !wentWell(call), content: [{ type: 'text', text: call.text }] };
  const failure = byProxy
    ? failureIn(call.tool, Message.answer('1', { result }), { resultErrors: policy })
    : resultFailure(result, policy);
  if (failure === null) permit.success(call.text);
  else permit.failure(failure, { roundTrip: call.isError !== null });
  return permit;
}

/** The host that the words of an answer name; null if they name none. */
const hostIn = (text: string): string | null => /https?:\/\/([^/\s"'<>\\]+)/.exec(text)?.[1] ?? null;

/** Replays each run. A refused call is left out, as if it had not been made. */
export function replay(
  calls: readonly RecordedCall[],
  options: ToolRegistryOptions,
  how: ReplayOptions = {},
): Replay {
  const refused = new Set<RecordedCall>();
  const corrected = new Map<RecordedCall, number>();
  let [trips, wouldDeny, counted, answered] = [0, 0, 0, 0];
  for (const run of how.isShared ? [calls] : runsOf(calls)) {
    const clock = new TestClock();
    const registry = createToolRegistry({ ...options, clock });
    registry.intercept({
      blamed: () => {
        counted += 1;
      },
    });
    for (const call of run) {
      clock.advance(msBetweenCalls);
      const permit = end(registry, call, how);
      if (!permit.admitted) refused.add(call);
      else if (permit.correction !== null) corrected.set(call, permit.correction.count);
    }
    const metrics = registry.metrics();
    trips += metrics.circuitOpenEvents;
    wouldDeny += metrics.wouldDeny;
    answered += metrics.answered;
    registry.stop();
  }
  return { refused, corrected, trips, wouldDeny, counted, answered };
}
