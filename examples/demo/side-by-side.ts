import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { comparisonTable } from '../../src/cli/demo/comparison-table.ts';
import { span } from '../../src/cli/demo/timeline.ts';
import { McpAgent, type Tally } from './mcp-agent.ts';
import { headline, tell } from './timeline.ts';

const program = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-filesystem/dist/index.js',
);
const toolfuse = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url));

/** The client's time limit is a little longer than the proxy's, as it is with the defaults of both. */
const timeouts = { proxyMs: 600, clientMs: 800 };
const backoffMs = 500;
const turnMs = 150;
const patience = 3;

/** The work of both agents, and what it cost them. */
export interface Comparison {
  readonly todo: number;
  readonly without: Tally;
  readonly with: Tally;
}

/** All processes started here, so that the caller can end them. */
export const startedPids: number[] = [];

function signal(pid: number | null | undefined, name: NodeJS.Signals): void {
  if (pid === null || pid === undefined) throw new Error('the server has no process');
  process.kill(pid, name);
}

/** The process id of the server behind a proxy, from its log. */
function serverOf(log: string): number {
  const pids = [...log.matchAll(/"event":"server\.started","pid":(\d+)/g)].map(([, pid]) => Number(pid));
  return pids.at(-1) ?? Number.NaN;
}

/**
 * Runs two agents with the same work, the same server and the same faults. One reaches its server directly, the other through
 * `toolfuse mcp`, which takes one line of configuration and no code.
 */
export async function sideBySide(folder: string, paths: readonly string[]): Promise<Comparison> {
  const server = [process.execPath, program, folder];
  const options = { timeoutMs: timeouts.clientMs, turnMs, patience };
  const proxy = ['--timeout', `${timeouts.proxyMs}`, '--min-backoff', `${backoffMs}`, '--log', 'json'];
  const without = new McpAgent({ ...options, who: 'without', command: server });
  const guarded = new McpAgent({
    ...options,
    who: 'with',
    command: [process.execPath, '--import', 'tsx', toolfuse, 'mcp', ...proxy, '--', ...server],
  });
  const [first, ...rest] = paths;

  headline('The same without code: two agents, one of them behind `toolfuse mcp`');
  await Promise.all([without.start(), guarded.start()]);
  const guardedServer = serverOf(guarded.printed);
  for (const pid of [without.pid, guarded.pid, guardedServer]) if (pid !== null) startedPids.push(pid);
  tell('server', `started twice (processes ${without.pid} and ${guardedServer})`, 'good');
  await Promise.all([without, guarded].map((agent) => agent.read(first === undefined ? [] : [first])));

  headline('Both servers hang (SIGSTOP), and nobody looks after them');
  signal(without.pid, 'SIGSTOP');
  signal(guardedServer, 'SIGSTOP');
  await Promise.all([without, guarded].map((agent) => agent.read(rest)));
  startedPids.push(serverOf(guarded.printed));

  signal(without.pid, 'SIGKILL');
  await Promise.all([without.stop(), guarded.stop()]);
  return { todo: paths.length, without: without.tally, with: guarded.tally };
}

/** The measurements, side by side. */
export function comparisonLines({ todo, without, with: guarded }: Comparison): string[] {
  const row = (what: string, value: (tally: Tally) => string) =>
    [what, value(without), value(guarded)] as const;
  return comparisonTable('toolfuse mcp', [
    row('files read', ({ done }) => `${done} of ${todo}`),
    row('calls wasted', ({ wasted }) => `${wasted}`),
    row('waited for nothing', ({ waitedMs }) => span(waitedMs)),
    row('calls refused at once', ({ refused }) => `${refused}`),
  ]);
}
