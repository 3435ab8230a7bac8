/**
 * Replays recorded calls of real tools, and prints what each feature stops or spares: `npm run recorded -- calls.jsonl`.
 *
 * Each line of the file is a call as JSON: `run`, `server`, `tool`, `argumentsHash`, `isError` (null for an answer kept as text only),
 * `text`.
 */
import type { LoopOptions } from 'toolfuse';
import {
  type RecordedCall,
  type Replay,
  readCalls,
  replay,
  runsOf,
  streaksOf,
  wentWell,
} from './recorded-calls.ts';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('Usage: npm run recorded -- calls.jsonl');
  process.exit(2);
}
const calls = readCalls(path);
const failed = calls.filter((call) => !wentWell(call));
const streaks = streaksOf(calls, 3);
const never = { circuit: { failureThreshold: 1_000 } };

const wellOf = ({ refused }: Replay): number => [...refused].filter(wentWell).length;
const positions = (counts: readonly number[]): string => (counts.length === 0 ? '-' : counts.join(', '));

console.log(`${calls.length} calls of ${runsOf(calls).length} runs, ${failed.length} failed`);
console.log(`${streaks.length} streaks of three or more failures of one tool in one run\n`);

console.log('circuits, one for each run');
for (const failureThreshold of [2, 3, 5, 7]) {
  const circuit = { failureThreshold };
  const enforced = replay(calls, { circuit });
  const observed = replay(calls, { circuit, mode: 'observe' });
  const known = replay(calls, { circuit }, { policy: 'known' });
  console.log(
    `  threshold ${failureThreshold}: ${enforced.trips} trips, ${enforced.refused.size} refused (${wellOf(enforced)} went well); ` +
      `observed: ${observed.refused.size} refused, would deny ${observed.wouldDeny}; ` +
      `known errors only: ${known.trips} trips, ${known.refused.size} refused (${wellOf(known)} went well)`,
  );
}
const fetches = calls.filter(({ tool }) => tool === 'fetch');
console.log(
  `\nfetch, on circuits that all runs share: ${fetches.length} calls, ${fetches.filter((call) => !wentWell(call)).length} failed`,
);
for (const failureThreshold of [2, 3]) {
  const circuit = { failureThreshold, minBackoffMs: 60_000 };
  const one = replay(fetches, { circuit }, { isShared: true });
  const byHost = replay(fetches, { circuit }, { isShared: true, byHost: true });
  console.log(
    `  threshold ${failureThreshold}: one circuit refuses ${one.refused.size} (${wellOf(one)} went well); ` +
      `a circuit for each host refuses ${byHost.refused.size} (${wellOf(byHost)} went well)`,
  );
}

const all = replay(calls, never);
const known = replay(calls, never, { policy: 'known' });
console.log(
  `\nfailures that count: ${all.counted}; with known errors only: ${known.counted}, and ${known.answered} are answers`,
);

console.log('\nloops, beside circuits that never trip');
for (const loops of [
  {},
  { warnAfter: 2 },
  { denyAfter: 3 },
  { warnAfter: 2, denyAfter: 2 },
] satisfies LoopOptions[]) {
  const { warnAfter = 3, denyAfter = 5 } = loops as LoopOptions;
  const result = replay(calls, { ...never, loops });
  const isTold = (call: RecordedCall): boolean => result.corrected.has(call) || result.refused.has(call);
  const told = streaks.filter((streak) => streak.some(isTold));
  const after = told.map((streak) => streak.findIndex(isTold) + 1);
  const further = told.reduce((sum, streak, index) => sum + streak.length - (after[index] ?? 0), 0);
  const stopped = streaks.filter((streak) => streak.some((call) => result.refused.has(call)));
  const stoppedAfter = stopped.map((streak) => streak.findIndex((call) => result.refused.has(call)));
  console.log(`  warn after ${warnAfter}, deny after ${denyAfter}:`);
  console.log(
    `    corrected: ${told.length} of ${streaks.length} streaks, at their call ${positions(after)}; ${further} calls of them came after`,
  );
  console.log(
    `    stopped: ${stopped.length} of ${streaks.length} streaks, after ${positions(stoppedAfter)} calls; refused ${result.refused.size} calls, of which ${wellOf(result)} went well`,
  );
}

console.log(
  '\ndefaults of the proxy: trips, refused calls that failed (spared), refused calls that went well (wasted)',
);
for (const [what, how] of [
  ['a registry for each run', {}],
  ['one for all runs, as with --state', { isShared: true }],
] as const) {
  for (const policy of ['tool', 'known'] as const) {
    console.log(`  ${what}, --result-errors ${policy}`);
    for (const failureThreshold of [2, 3, 4, 5, 7]) {
      const shown = [5_000, 15_000, 30_000, 60_000].map((minBackoffMs) => {
        const circuit = { failureThreshold, minBackoffMs };
        const result = replay(calls, { circuit }, { ...how, policy, byProxy: true });
        const wasted = wellOf(result);
        return `${minBackoffMs / 1_000} s: ${result.trips}, ${result.refused.size - wasted}, ${wasted}`.padEnd(
          18,
        );
      });
      console.log(`    threshold ${failureThreshold}  ${shown.join('')}`);
    }
  }
}
