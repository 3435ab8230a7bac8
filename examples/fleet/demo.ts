/**
 * `npm run demo -- fleet [--processes 8]`: processes call one tool, which dies for a while. First each is alone; then they are a fleet on one
 * Redis; then Redis is killed in the middle, and started anew. The processes, the tool and Redis are real.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bundled } from '../../scripts/fleet-proof/bundled.ts';
import { hasRedis, type RedisServer, startRedis } from '../../test/support/redis-server.ts';
import type { ProcessReport } from './process.ts';
import { DemoTool, Processes } from './processes.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: { processes: { type: 'string', default: '8' } },
});
const size = Number(values.processes);
const deadMs = 6_000;

interface Run {
  readonly name: string;
  readonly wasted: number;
  readonly probes: number;
  readonly refused: number;
  readonly others: number;
  readonly succeeded: number;
  readonly degradations: number;
}

const sum = (reports: readonly ProcessReport[], field: keyof ProcessReport): number =>
  reports.reduce((total, report) => total + Number(report[field]), 0);

const startedAt = performance.now();
const tell = (what: string): void =>
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`);

/** @param during What happens while the tool is dead, for as long as it is. */
async function run(
  name: string,
  program: string,
  redis: RedisServer | null,
  during: () => Promise<void>,
): Promise<Run> {
  console.log(`\n${name}`);
  const tool = new DemoTool();
  const url = await tool.start();
  const processes = new Processes(
    program,
    Array.from({ length: size }, (_, index) => ({
      name: `process-${index + 1}`,
      tool: url,
      redis: redis?.url ?? null,
      // Some agents are busier than others.
      callMs: 40 + 40 * index,
    })),
  );
  try {
    await processes.until(({ succeeded, isConnected }) => succeeded > 2 && (redis === null || isConnected));
    // By then all are known to call the tool.
    await sleep(1_000);
    tell(`${size} processes call the tool`);
    tool.isDead = true;
    tell('the tool dies');
    await during();
    tool.isDead = false;
    tell('the tool works again');
    await processes.until(({ isClosed, isConnected }) => isClosed && (redis === null || isConnected));
    tell('every circuit is closed again');
    const reports = await processes.reports();
    await processes.end();
    const { wasted } = tool;
    return {
      name,
      wasted,
      probes: sum(reports, 'probes'),
      refused: sum(reports, 'refused'),
      others: sum(reports, 'others'),
      succeeded: sum(reports, 'succeeded'),
      degradations: sum(reports, 'degradations'),
    };
  } finally {
    processes.kill();
    tool.stop();
  }
}

/** What did not go as it should. */
function brokenClaims(alone: Run, fleet: Run, without: Run): string[] {
  const claims: [boolean, string][] = [
    [fleet.wasted < alone.wasted, 'a fleet wastes fewer calls'],
    [fleet.probes < alone.probes, 'a fleet makes fewer probes'],
    [alone.others + fleet.others + without.others === 0, 'no error but the tool’s own reaches a call'],
    [without.degradations >= size, 'every process goes on alone while Redis is gone'],
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => claim);
}

const table = (runs: readonly Run[]): string => {
  const head = ['', 'wasted calls', 'probes among them', 'refused at once', 'other errors'];
  const rows = runs.map((each) =>
    [each.name, each.wasted, each.probes, each.refused, each.others].map(String),
  );
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return [head, ...rows]
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(width) : cell.padStart(18))).join(''))
    .join('\n');
};

async function demo(): Promise<void> {
  const program = await bundled('examples/fleet/process.ts');
  let redis: RedisServer | undefined;
  try {
    const { file } = program;
    const alone = await run('each process alone', file, null, () => sleep(deadMs));
    redis = await startRedis();
    const fleet = await run('a fleet on one Redis', file, redis, () => sleep(deadMs));
    const { port } = redis;
    const without = await run('a fleet, Redis killed in the middle', file, redis, async () => {
      await sleep(deadMs / 3);
      await redis?.kill();
      tell('Redis is killed: each process goes on by its own circuits');
      await sleep(deadMs / 3);
      redis = await startRedis({ port });
      tell('Redis is started anew, empty');
      await sleep(deadMs / 3);
    });
    console.log(
      `\nThe tool was dead for ${deadMs / 1_000} s each time:\n\n${table([alone, fleet, without])}`,
    );
    const broken = brokenClaims(alone, fleet, without);
    if (broken.length === 0) return;
    console.error(`\nThis did not go as it should:\n${broken.map((claim) => `- ${claim}`).join('\n')}`);
    process.exitCode = 1;
  } finally {
    await redis?.kill();
    program.remove();
  }
}

if (hasRedis) await demo();
else {
  console.error(
    'This demo starts a Redis of its own, and there is no redis-server here. Install it: apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS).',
  );
  process.exitCode = 2;
}
