/**
 * An agent that works with the tools of a real MCP server, which hangs, dies and is restarted. Only the model is scripted: the
 * calls, processes and files are real. With `--inspect` you can watch it in the browser.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createToolRegistry } from 'toolfuse';
import type { Inspector } from 'toolfuse/inspect';
import { defaultCircuitConfig as defaults } from 'toolfuse/machines';
import { span } from '../src/cli/demo/timeline.ts';
import { Agent, type Task } from './demo/agent.ts';
import { FileServer } from './demo/file-server.ts';
import { Savings } from './demo/savings.ts';
import { type Comparison, comparisonLines, sideBySide, startedPids } from './demo/side-by-side.ts';
import { headline, tell } from './demo/timeline.ts';

const settings = { failureThreshold: 2, minBackoffMs: 2_000, maxBackoffMs: 8_000 };
const callTimeoutMs = 600;
const turnMs = 150;

// The agent's job is to collect the open tasks from a week of notes, and to find the budget.
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];
const noteOf = (day: string): string => `Notes of ${day}.\nTODO: what ${day} left open\n`;
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-demo-'));
const server = new FileServer(folder);

// This runs however the process ends, so that neither the server nor the folder is left behind.
process.once('exit', () => {
  server.kill();
  for (const pid of startedPids) endProcess(pid);
  rmSync(folder, { recursive: true, force: true });
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
// Many times what it takes: a slow machine is no hung one.
const limit = setTimeout(() => fail(['it ends within 5 minutes']), 300_000).unref();

for (const day of days) writeFileSync(join(folder, `${day}.md`), noteOf(day));
mkdirSync(join(folder, 'archive'));
writeFileSync(join(folder, 'archive', 'budget.csv'), 'item,price\ncoffee,3\n');

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has already ended.
  }
}

const registry = createToolRegistry({ circuit: settings, recovery: { maxOpenCircuits: 3 } });
const inspector = process.argv.includes('--inspect') ? await watch() : undefined;
const savings = new Savings();
const agent = new Agent({
  registry,
  turnMs,
  askUser,
  measure: () => savings.measure(server.condition),
  callTool: ({ tool, input }) => server.call(tool, input, callTimeoutMs),
});

// The registry emits an event for everything that happens to its circuits.
const seen = { tripped: new Set<string>(), failedProbes: 0, pauses: 0, recoveries: 0 };
registry.actor.on('circuit.opened', ({ tool, from, currentBackoffMs }) => {
  seen.tripped.add(tool);
  if (from === 'halfOpen') seen.failedProbes++;
  const why = from === 'halfOpen' ? 'AGAIN, its probe failed' : `after ${settings.failureThreshold} failures`;
  tell('circuit', `${tool} OPENED ${why}: its calls are denied for ${span(currentBackoffMs)}`, 'bad');
});
registry.actor.on('circuit.halfOpened', ({ tool }) =>
  tell('circuit', `${tool} HALF-OPEN: its time is over, one call may try`, 'refused'),
);
registry.actor.on('circuit.closed', ({ tool }) =>
  tell('circuit', `${tool} CLOSED: the call that tried went well`, 'good'),
);
registry.actor.on('recovery.paused', ({ reason }) => {
  seen.pauses++;
  tell('registry', `PAUSED: ${reason}`, 'bad');
});
registry.actor.on('recovery.resumed', ({ because, openCount }) => {
  if (because === 'recovered') seen.recoveries++;
  tell('registry', `RESUMED: only ${openCount} circuits are open now`, 'good');
});

/** Opens the inspector, and builds its page first if necessary. */
async function watch(): Promise<Inspector> {
  const page = new URL('../dist/inspect/page/page.js', import.meta.url);
  if (!existsSync(page)) execFileSync('npm', ['run', 'build'], { cwd: new URL('..', import.meta.url) });
  const inspector = await registry.inspect({ open: true, controls: true, keepAlive: true });
  console.log(`Watch it at ${inspector.url}\n`);
  return inspector;
}

async function askUser(openTools: readonly string[]): Promise<void> {
  headline('The agent stops and asks its user');
  tell('agent', `asks: "I cannot use ${openTools.join(', ')}. What shall I do?"`);
  await sleep(3 * turnMs);
  tell('user', 'answers: "The server is dead. I start it again; then go on."');
  await server.start();
  tell('server', `started again (process ${server.pid})`, 'good');
}

/** Checks that the story went as announced. */
function brokenClaims(): string[] {
  const claims: [boolean, string][] = [
    [readFileSync(join(folder, 'report.md'), 'utf8') === report(noteOf), 'the report on the disk is right'],
    [agent.answers.get('budget')?.includes('budget.csv') === true, 'the budget was found'],
    [seen.tripped.size >= 3, 'three circuits opened'],
    [seen.failedProbes >= 1, 'a probe failed while the server was down'],
    [seen.pauses >= 1, 'the registry paused'],
    [seen.recoveries === seen.pauses, 'the registry resumed by itself'],
    [registry.snapshot().diagnostics.every(({ status }) => status === 'closed'), 'all circuits are closed'],
    [savings.count('denied') === registry.metrics().breakerDenials, 'the sums count every denial'],
    [savings.count('denied', 'hung') > 0, 'calls to the hung server were denied'],
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => claim);
}

function brokenComparison({ todo, without, with: guarded }: Comparison): string[] {
  const claims: [boolean, string][] = [
    [guarded.done === todo, 'the agent behind toolfuse mcp has read every file'],
    [without.done < todo, 'the agent without it has not'],
    [guarded.wasted < without.wasted, 'toolfuse mcp saved calls'],
    [guarded.waitedMs < without.waitedMs, 'toolfuse mcp saved time'],
  ];
  return claims.filter(([holds]) => !holds).map(([, claim]) => claim);
}

function fail(claims: readonly string[]): never {
  for (const claim of claims) console.error(`The demo did not go as told. Not true: ${claim}.`);
  process.exit(1);
}

const read = (day: string): Task => ({ tool: 'read_text_file', input: { path: `${day}.md` }, about: day });
const write = (path: string, content: string): Task => ({
  tool: 'write_file',
  input: { path, content },
  about: path,
});
const report = (text: (day: string) => string | undefined): string =>
  days.map((day) => text(day)?.match(/TODO: .*/)?.[0] ?? `${day}: not read yet`).join('\n');
const reportOfAnswers = (): string => report((day) => agent.answers.get(day));

console.log(`An agent, a real MCP server (@modelcontextprotocol/server-filesystem), and a circuit for each tool.
Scaled down to seconds: a circuit opens after ${settings.failureThreshold} failures (default: ${defaults.failureThreshold}), for ${span(settings.minBackoffMs)} (${span(defaults.minBackoffMs)}),
and for longer each time that its probe fails, up to ${span(settings.maxBackoffMs)} (${span(defaults.maxBackoffMs)}).`);

headline('All is well');
await server.start();
tell('server', `started (process ${server.pid})`, 'good');
await agent.work([{ tool: 'list_directory', input: { path: '.' }, about: 'all files' }, read('monday')]);

headline('The server hangs: it takes calls and answers none (SIGSTOP)');
server.hang();
const hangWatch = registry.actor.on('circuit.opened', ({ tool }) => {
  if (tool !== 'search_files') return;
  hangWatch.unsubscribe();
  // The server dies during the next call, which then loses its connection.
  setTimeout(
    () => {
      headline('The server dies (SIGKILL)');
      server.kill();
    },
    2 * turnMs + callTimeoutMs / 2,
  );
});
await agent.work(
  [
    ...days.slice(1).map(read),
    { tool: 'search_files', input: { path: '.', pattern: '**/budget.csv' }, about: 'budget' },
  ],
  // Like a careful agent, it saves its work when it cannot go on.
  write('draft.md', reportOfAnswers()),
);

headline('The work is finished');
await agent.work([write('report.md', reportOfAnswers())]);
headline('What the circuits were good for');
for (const line of savings.lines()) console.log(line);

const broken = brokenClaims();
if (broken.length === 0)
  console.log(`report.md on the disk has what the notes of all ${days.length} days say.`);
if (inspector === undefined) {
  registry.stop();
  await server.stop();
}

const comparison = await sideBySide(
  folder,
  days.map((day) => join(folder, `${day}.md`)),
);
headline('The same trouble, with and without');
for (const line of comparisonLines(comparison)) console.log(line);
broken.push(...brokenComparison(comparison));
if (broken.length > 0) fail(broken);
if (inspector !== undefined) {
  clearTimeout(limit);
  console.log(`The inspector stays at ${inspector.url} until Ctrl+C.`);
}
