/**
 * Simulates large fleets on one clock, with real registries, real circuits and the store in memory:
 *
 *     npm run simulate                          10 000 members, 1 000 tools; some five minutes of a processor
 *     npm run simulate -- --members 500         fewer
 *
 * Ten seconds in, one tool dies for a minute. The network of one member in 1 000 is broken all the time; one message in ten is
 * lost, others are late, and a tenth of the members is cut off from the store for twenty seconds. The same calls are made without a
 * fleet, by a fleet without a quorum (one vote opens for all), and by a fleet with its defaults. Then it is shown, in smaller
 * fleets, how much the defaults save where the tool is called more or less often.
 */
import { parseArgs } from 'node:util';
import { type Outcome, type Scene, simulate, times } from './simulate/simulated-fleet.ts';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    tools: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '75' },
    'call-ms': { type: 'string', default: '1000' },
    'small-members': { type: 'string', default: '300' },
  },
});
const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`);

const noQuorum = { minVotes: 1, share: 1e-9 };
const scene: Omit<Scene, 'sharing'> = {
  members: Number(values.members),
  tools: Number(values.tools),
  seconds: Number(values.seconds),
  callMs: Number(values['call-ms']),
  toolsEach: 3,
  failureThreshold: 7,
};

/** Begins a table. @returns A function that prints a row of it: each takes a while, and is shown when it is there. */
function table(head: readonly string[], nameWidth: number): (row: readonly string[]) => void {
  const print = (row: readonly string[]): void => {
    const cells = row.map((cell, at) => {
      const width = at === 0 ? nameWidth : Math.max(head[at]?.length ?? 0, 6);
      return at === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(`  ${cells.join('   ')}`);
  };
  print(head);
  return print;
}

const startedAt = performance.now();
const { members, tools } = scene;
console.log(
  `${members} members, ${tools} tools, ${scene.seconds} s. A member calls one of its ${scene.toolsEach} tools every ${scene.callMs / 1_000} s, and trips after ${scene.failureThreshold} failures. One of these tools, which all use, is dead from ${times.dies / 1_000} s to ${times.works / 1_000} s. One member in 1 000 has a broken network, one in 10 is cut off from the store from ${times.cut / 1_000} s to ${times.heals / 1_000} s, a tenth of all messages is lost.\n`,
);
const printOutcome = table(
  [
    '',
    'half knew',
    '99 % knew',
    'wasted calls',
    'probes',
    'at once',
    'wrongly refused',
    'store ops/s',
    'a member',
  ],
  25,
);
for (const [name, sharing] of [
  ['no fleet', null],
  ['one vote opens for all', noQuorum],
  ['a fleet with its defaults', {}],
] as const) {
  const each = await simulate({ ...scene, sharing });
  printOutcome([
    name,
    seconds(each.halfKnewMs),
    seconds(each.nearlyAllKnewMs),
    String(each.wasted),
    String(each.probes),
    String(each.mostProbes),
    String(each.wronglyRefused),
    each.storeCallsPerSecond.toFixed(0),
    (each.storeCallsPerSecond / members).toFixed(2),
  ]);
}

const small = Number(values['small-members']);
console.log(`
Wasted calls in a fleet of ${small}, without faults, by how often a member calls the tool, and after how many failures it trips:
`);
const printSaving = table(['', 'no fleet', 'defaults', 'saved', 'share 0.05', 'saved'], 23);
for (const [callMs, failureThreshold] of [
  [500, 7],
  [2_000, 7],
  [5_000, 7],
  [12_000, 7],
  [5_000, 3],
  [12_000, 3],
  [12_000, 1],
] as const) {
  const each = { ...scene, members: small, tools: 10, toolsEach: 1, callMs, failureThreshold, isCalm: true };
  const none = await simulate({ ...each, sharing: null });
  const defaults = await simulate({ ...each, sharing: {} });
  const low = await simulate({ ...each, sharing: { share: 0.05 } });
  const saved = (outcome: Outcome): string => `${Math.round(100 * (1 - outcome.wasted / none.wasted))} %`;
  printSaving([
    `every ${callMs / 1_000} s, ${failureThreshold} failures`,
    String(none.wasted),
    String(defaults.wasted),
    saved(defaults),
    String(low.wasted),
    saved(low),
  ]);
}
console.log(`\nIt took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
