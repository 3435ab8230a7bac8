/**
 * Measures what `toolfuse mcp` adds to a call from stdio to stdio, compared with a bare relay of bytes, the least that a process
 * in between can cost, and with a direct connection. The three take turns, so that noise affects all of them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { given, inTurns, print, type Row, timeMs } from './measure.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const server = [process.execPath, path('mcp/server.mjs')];

/** The process between the client and the server. */
const ways = {
  direct: server,
  relay: [process.execPath, path('mcp/relay.mjs'), ...server],
  proxy: [process.execPath, path('../dist/cli/index.js'), 'mcp', '--', ...server],
} satisfies Record<string, readonly string[]>;
type Way = keyof typeof ways;

interface Connection {
  readonly client: Client;
  readonly pid: number;
}

async function connect([command, ...args]: readonly string[]): Promise<Connection> {
  if (command === undefined) throw new Error('there is no command');
  // A hundred large answers at once exceed the SDK's default limit.
  const maxBufferSize = 512 * 1024 * 1024;
  // The SDK's server warns when it waits for buffer space.
  const env = { ...getDefaultEnvironment(), NODE_NO_WARNINGS: '1' };
  const transport = new StdioClientTransport({ command, args, maxBufferSize, env });
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(transport);
  return { client, pid: transport.pid ?? 0 };
}

/** A load: the number of concurrent calls, and of batches per measurement. */
interface Load {
  readonly what: string;
  readonly tool: 'small' | 'large';
  readonly inFlight: number;
  readonly batches: number;
  readonly rounds: number;
}

const loads: readonly Load[] = [
  { what: 'small answer, 1 in flight', tool: 'small', inFlight: 1, batches: 50, rounds: 150 },
  { what: 'small answers, 100 in flight', tool: 'small', inFlight: 100, batches: 3, rounds: 100 },
  { what: '1 MB answer, 1 in flight', tool: 'large', inFlight: 1, batches: 4, rounds: 60 },
  { what: '1 MB answers, 100 in flight', tool: 'large', inFlight: 100, batches: 1, rounds: 11 },
];

/** The duration of a call, or of a batch of concurrent calls, in ms. */
async function measure({ client }: Connection, { tool, inFlight, batches }: Load): Promise<number> {
  const startedAt = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    await Promise.all(Array.from({ length: inFlight }, () => client.callTool({ name: tool })));
  }
  return (performance.now() - startedAt) / batches;
}

/** The memory of a process, in MB, as the system reports it. */
const memoryMb = ({ pid }: Connection): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;

/** The CPU time of a process, in ms, in user and system mode, as Linux counts it. */
function processorMs({ pid }: Connection): number {
  const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return ticks.reduce((sum, each) => sum + Number(each) * 10, 0);
}

/** The CPU time that the process in between needs per call, which hardly depends on how busy the machine is. */
async function processorUs(connection: Connection, load: Load): Promise<number> {
  const before = processorMs(connection);
  for (let round = 0; round < load.rounds; round++) await measure(connection, load);
  return ((processorMs(connection) - before) / (load.rounds * load.batches * load.inFlight)) * 1_000;
}

const connections = {
  direct: await connect(ways.direct),
  relay: await connect(ways.relay),
  proxy: await connect(ways.proxy),
} satisfies Record<Way, Connection>;
const memoryAtFirst = { relay: memoryMb(connections.relay), proxy: memoryMb(connections.proxy) };

const latencies: Row[] = [];
for (const load of loads) {
  const { what, rounds } = load;
  const took = await inTurns(
    { rounds, ms: 0 },
    {
      direct: () => measure(connections.direct, load),
      relay: () => measure(connections.relay, load),
      proxy: () => measure(connections.proxy, load),
    },
  );
  latencies.push(
    { what: `${what}: proxy, bare relay`, ours: took.proxy, theirs: took.relay, unit: 'ms', target: 1.15 },
    { what: `${what}: proxy, direct`, ours: took.proxy, theirs: took.direct, unit: 'ms' },
  );
}
print('A call of a tool, from stdio to stdio', latencies);

if (existsSync('/proc/self/stat')) {
  const rows: Row[] = [];
  for (const load of loads) {
    const ours = await processorUs(connections.proxy, load);
    const theirs = await processorUs(connections.relay, load);
    rows.push({ what: load.what, ours: given(ours), theirs: given(theirs), unit: 'µs' });
  }
  print('Processor time of a call in the process in the middle: proxy, bare relay', rows);
}

print('Memory of the process in the middle: proxy, bare relay', [
  {
    what: 'when it has been initialised',
    ours: given(memoryAtFirst.proxy),
    theirs: given(memoryAtFirst.relay),
    unit: 'MB',
  },
  {
    what: 'after all these calls',
    ours: given(memoryMb(connections.proxy)),
    theirs: given(memoryMb(connections.relay)),
    unit: 'MB',
  },
]);

await Promise.all(Object.values(connections).map(({ client }) => client.close()));

/** How long a client waits until it is connected, in ms. */
async function connecting(way: Way): Promise<number> {
  const startedAt = performance.now();
  const { client } = await connect(ways[way]);
  const took = performance.now() - startedAt;
  await client.close();
  return took;
}

const starts = await inTurns(
  { rounds: 15, ms: 0 },
  {
    bare: () => timeMs(() => void execFileSync(process.execPath, ['-e', '0'])),
    direct: () => connecting('direct'),
    proxy: () => connecting('proxy'),
  },
);
const added = (figure: 'least' | 'most'): number => starts.proxy[figure] - starts.direct[figure];
print('Start-up that the proxy adds until a client is connected, and a bare start of Node.js', [
  {
    what: 'start-up',
    ours: { least: added('least'), most: added('most') },
    theirs: starts.bare,
    unit: 'ms',
    target: 1,
  },
]);
