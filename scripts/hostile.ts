/**
 * Does to the built proxy what a stranger could, and prints what it costs now beside what it cost in 0.1.0: `npm run hostile`, or
 * `npm run hostile -- names` for what has that word in it. Needs Linux, which tells the processor time and the memory of a process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createToolRegistry } from 'toolfuse';

const program = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-hostile-'));
const megabyte = 1024 * 1024;

/** A server that answers every request with nothing. */
const server = join(folder, 'server.mjs');
writeFileSync(
  server,
  `import { createInterface } from 'node:readline';
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id } = JSON.parse(line);
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
  });`,
);

interface Proxy {
  readonly child: ChildProcess;
  readonly url: URL;
}

const tick = 100;
const cpuMsOf = (pid = 0): number => {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ').map(Number);
  return ((fields[11] ?? 0) + (fields[12] ?? 0)) * (1_000 / tick);
};
const peakMbOf = (pid = 0): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
const childrenOf = (pid = 0): number =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).length;

async function listen(): Promise<Proxy> {
  const args = [program, 'mcp', '--listen', '0', '--log', 'json', '--', process.execPath, server];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
  let said = '';
  for await (const chunk of child.stderr) {
    said += chunk;
    const [, url] = /"url":"([^"]+)"/.exec(said) ?? [];
    if (url === undefined) continue;
    child.stderr.resume();
    return { child, url: new URL(url) };
  }
  throw new Error(`the proxy has ended: ${said}`);
}

async function end({ child }: Proxy): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
});

interface Answer {
  readonly status: number;
  readonly session: string | undefined;
}

/** The status of a post, or 0 if the connection breaks. */
function post({ url }: Proxy, body: Buffer | string, session?: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { ...json, ...(session !== undefined && { 'mcp-session-id': session }) };
    const asked = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      const name = answer.headers['mcp-session-id'];
      const told = { status: answer.statusCode ?? 0, session: typeof name === 'string' ? name : undefined };
      answer.once('close', () => resolve(told));
    });
    asked.once('error', () => resolve({ status: 0, session: undefined }));
    asked.end(body);
  });
}

/** What something costs a new proxy: processor time, and the most memory. */
async function costOf(act: (proxy: Proxy) => Promise<string>): Promise<string> {
  const proxy = await listen();
  try {
    const before = cpuMsOf(proxy.child.pid);
    const said = await act(proxy);
    if (proxy.child.exitCode !== null) return 'it has ended';
    const cpu = (cpuMsOf(proxy.child.pid) - before) / 1_000;
    return `${said}, ${cpu.toFixed(1)} s of processor, ${peakMbOf(proxy.child.pid).toFixed(0)} MB`;
  } finally {
    await end(proxy);
  }
}

const batchOf = (bytes: number): Buffer => Buffer.from(`[${'{},'.repeat(bytes / 3 - 1)}{}]`);
const sent = ({ status }: Answer): string => (status === 0 ? 'cut off' : `HTTP ${status}`);

async function unfinished(proxy: Proxy): Promise<string> {
  const session = (await post(proxy, initialize)).session ?? '';
  const open: ClientRequest[] = [];
  const part = Buffer.alloc(31 * megabyte, 'x');
  for (let count = 0; count < 40; count++) {
    const headers = { ...json, 'mcp-session-id': session, 'content-length': String(32 * megabyte) };
    const asked = request(proxy.url, { method: 'POST', headers, agent: false });
    asked.on('error', () => {});
    asked.write(part);
    open.push(asked);
  }
  await sleep(5_000);
  for (const each of open) each.destroy();
  return '40 bodies';
}

async function requestsOf(proxy: Proxy, count: number): Promise<number> {
  const session = (await post(proxy, initialize)).session ?? '';
  const requests = Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
  const before = cpuMsOf(proxy.child.pid);
  await post(proxy, JSON.stringify(requests), session);
  return cpuMsOf(proxy.child.pid) - before;
}

async function strangers(): Promise<string> {
  const proxy = await listen();
  try {
    const { session } = await post(proxy, initialize);
    await post(proxy, '{"jsonrpc":"2.0","method":"notifications/initialized"}', session);
    let children = 0;
    for (let count = 0; count < 105; count++) {
      await post(proxy, initialize);
      children = Math.max(children, childrenOf(proxy.child.pid));
    }
    const after = await post(proxy, '{"jsonrpc":"2.0","id":1,"method":"ping"}', session);
    return `the session ${after.status === 200 ? 'goes on' : 'is gone'}; at most ${children} children`;
  } finally {
    await end(proxy);
  }
}

async function longNames(proxy: Proxy): Promise<string> {
  const session = (await post(proxy, initialize)).session ?? '';
  for (let id = 0; id < 100; id++) {
    const name = `${id}${'x'.repeat(5_000_000)}`;
    await post(
      proxy,
      JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } }),
      session,
    );
  }
  return '100 calls';
}

async function manyCircuits(): Promise<string> {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1, minBackoffMs: 120_000 } });
  registry.recordFailure('seed', 'network');
  const kept = JSON.parse(registry.persist());
  registry.stop();
  const [seed] = kept.circuits;
  kept.circuits = Array.from({ length: 30_000 }, (_, index) => ({
    ...seed,
    tool: `tool-${index}`,
    key: `tool-${index}`,
  }));
  const file = join(folder, 'state.json');
  writeFileSync(file, JSON.stringify({ format: 'toolfuse-mcp', version: 1, servers: { big: kept } }));
  const began = performance.now();
  const args = [
    program,
    'mcp',
    '--name',
    'big',
    '--state',
    file,
    '--log',
    'none',
    '--',
    process.execPath,
    server,
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(`${initialize}\n`);
  await once(child.stdout, 'data');
  const ms = performance.now() - began;
  const cpuMs = cpuMsOf(child.pid);
  child.stdin.end();
  await once(child, 'exit');
  return `answers after ${(ms / 1_000).toFixed(1)} s, ${(cpuMs / 1_000).toFixed(1)} s of processor`;
}

const figures: readonly (readonly [what: string, before: string, now: () => Promise<string>])[] = [
  [
    'a batch of 8 MB without a session',
    '6 s of processor, 1 100 MB',
    () => costOf(async (proxy) => sent(await post(proxy, batchOf(8 * megabyte)))),
  ],
  [
    'a batch of 31 MB without a session',
    '42 s of processor, 4 200 MB',
    () => costOf(async (proxy) => sent(await post(proxy, batchOf(31 * megabyte)))),
  ],
  ['40 bodies of 31 MB that do not end', '1 300 MB', () => costOf(unfinished)],
  [
    'a batch of requests, and one of four times as many',
    'n² of processor',
    async () => {
      const proxy = await listen();
      try {
        const [few, many] = [await requestsOf(proxy, 250), await requestsOf(proxy, 1_000)];
        return `${few} ms and ${many} ms of processor`;
      } finally {
        await end(proxy);
      }
    },
  ],
  ['105 times initialize, beside an idle session', 'the session is gone; 231 children', strangers],
  ['100 calls with names of 5 MB', '520 MB', () => costOf(longNames)],
  ['a state file of 30 000 open circuits', 'not up in 15 s', manyCircuits],
];

try {
  console.log('what a stranger does | in 0.1.0 | now\n--- | --- | ---');
  const [word = ''] = process.argv.slice(2);
  for (const [what, before, now] of figures.filter(([each]) => each.includes(word)))
    console.log(`${what} | ${before} | ${await now()}`);
  if (readdirSync(folder).some((name) => name.endsWith('.tmp')))
    console.log('temporary files are left behind');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
