/**
 * How long a client waits for a server that is not there: `npm run absence`. A good run fills the memory; then the same server ends at
 * its start, or hangs in it, and a client asks what it is and what it has. Each line is the median, and the worst, of several starts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient } from '../test/src/proxy/support/raw-client.ts';

const rounds = 9;
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-absence-'));
const server = join(folder, 'server.mjs');
const plan = join(folder, 'plan');
const tools = Array.from({ length: 20 }, (_, index) => ({
  name: `tool-${index}`,
  description: 'It does what it says. '.repeat(10),
  inputSchema: { type: 'object', properties: { query: { type: 'string' } } },
}));

writeFileSync(
  server,
  `import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
if (existsSync(${JSON.stringify(`${plan}.ends`)})) process.exit(3);
const hangs = existsSync(${JSON.stringify(`${plan}.hangs`)});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || hangs) return;
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
      : method === 'tools/list' ? { tools: ${JSON.stringify(tools)} } : { content: [] };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
`,
);

interface Waits {
  /** From the request to its answer, in ms. */
  readonly initialize: number;
  readonly list: number;
  /** From the start of the proxy to the last answer, in ms. */
  readonly all: number;
  readonly isRemembered: boolean;
  readonly call: string;
}

/** How long a program of Node.js takes to start and end, in ms: what a machine that is busy adds to every start. */
function programMs(...args: readonly string[]): number {
  const before = performance.now();
  spawnSync(process.execPath, args);
  return performance.now() - before;
}

/** Prints the median of several starts of a program alone, below the column for both. */
function compare(what: string, ...args: readonly string[]): void {
  const times = Array.from({ length: rounds }, () => programMs(...args)).sort((a, b) => a - b);
  console.log(`${what.padEnd(62)}${times[rounds >> 1]?.toFixed(0)}`);
}

/** @param isKnown Whether the client asks only once the proxy knows that its server has ended. */
async function startOnce(options: readonly string[], isKnown: boolean): Promise<Waits> {
  const before = performance.now();
  const proxy = [process.execPath, 'dist/cli/index.js', 'mcp', '--log', 'json', ...options] as const;
  const client = new RawClient([...proxy, '--', process.execPath, server], {
    env: { XDG_RUNTIME_DIR: folder },
  });
  while (isKnown && !client.stderr.includes('server.lost')) await sleep(5);
  const begun = performance.now();
  const { result } = await client.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'absence', version: '1' },
  });
  const known = performance.now();
  client.notify('notifications/initialized');
  await client.request('tools/list');
  const listed = performance.now();
  const call = await client.request('tools/call', { name: 'tool-1', arguments: {} });
  await client.stop();
  const [said] = (call.result?.content ?? []) as { text?: string }[];
  return {
    initialize: known - begun,
    list: listed - known,
    all: listed - (isKnown ? begun : before),
    isRemembered: (result?._meta as object | undefined) !== undefined,
    call: said?.text ?? 'it ran',
  };
}

async function measure(what: string, options: readonly string[], isKnown = false): Promise<void> {
  const waits: Waits[] = [];
  for (let round = 0; round < rounds; round++) waits.push(await startOnce(options, isKnown));
  const shown = (of: (each: Waits) => number): string => {
    const sorted = waits.map(of).sort((a, b) => a - b);
    return `${(sorted[rounds >> 1] ?? 0).toFixed(0)} (${(sorted[rounds - 1] ?? 0).toFixed(0)})`;
  };
  const told = waits.filter(({ isRemembered }) => isRemembered).length;
  console.log(
    [what, shown((each) => each.initialize), shown((each) => each.list), shown((each) => each.all), told]
      .map((cell, column) => String(cell).padEnd([34, 14, 14, 14, 4][column] ?? 0))
      .join(''),
  );
  console.log(`  a call: ${waits[0]?.call}`);
}

const state = ['--state', join(folder, 'state.json')];
try {
  console.log(
    `median and (worst) of ${rounds} starts, in ms; the start of the proxy is in the first and the third, but in the row that says so`,
  );
  console.log(
    `${'server'.padEnd(34)}${'initialize'.padEnd(14)}${'tools/list'.padEnd(14)}${'both'.padEnd(14)}from memory`,
  );
  compare('(node -e 0, for comparison)', '-e', '0');
  await measure('good', state);
  writeFileSync(`${plan}.ends`, '');
  compare('(the server alone, until it ends)', server);
  await measure('ends at its start', state);
  await measure('has ended, and the proxy knows it', state, true);
  rmSync(`${plan}.ends`);
  writeFileSync(`${plan}.hangs`, '');
  await measure('hangs, --memory-after 0', [...state, '--memory-after', '0']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
