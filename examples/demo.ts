/**
 * An agent at work with the tools of a real MCP server, which hangs, dies and is started again. The model is a script:
 * it does what models do, and calls again what has just failed.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CircuitOpenError, createToolRegistry } from 'toolfuse';
import { type FileServer, startFileServer } from './demo/file-server.ts';
import { headline, tell } from './demo/timeline.ts';

// Scaled down, so that the story takes seconds. The defaults are for work that takes hours.
const callTimeoutMs = 600;
const attemptsOfTheModel = 4;
const registry = createToolRegistry({
  circuit: { failureThreshold: 2, minBackoffMs: 3_000, maxBackoffMs: 6_000 },
  recovery: { maxOpenCircuits: 3 },
});

const folder = await mkdtemp(join(tmpdir(), 'toolfuse-demo-'));
const report = join(folder, 'report.txt');
await writeFile(join(folder, 'notes.txt'), 'Closed lets calls through, open denies them.\n');

/** What the agent has to do, each piece by one tool of the server. */
const work = [
  { tool: 'list_directory', arguments: { path: folder } },
  { tool: 'read_text_file', arguments: { path: join(folder, 'notes.txt') } },
  { tool: 'search_files', arguments: { path: folder, pattern: '*.txt' } },
  { tool: 'write_file', arguments: { path: report, content: 'All is well.\n' } },
];
type Task = (typeof work)[number];

let server: FileServer = await startFileServer(folder);
/** How long each call took that failed, in ms. */
const failedCallsMs: number[] = [];
let calls = 0;
let pauses = 0;
const tripped = new Set<string>();

registry.actor.on('circuit.opened', ({ tool, currentBackoffMs, lastErrorCategory }) => {
  tripped.add(tool);
  tell('circuit', `${tool} opened for ${currentBackoffMs / 1000} s (${lastErrorCategory})`);
});
registry.actor.on('circuit.halfOpened', ({ tool }) => tell('circuit', `${tool} half-open: one call may try`));
registry.actor.on('circuit.closed', ({ tool }) => tell('circuit', `${tool} closed`));
registry.actor.on('recovery.paused', ({ reason }) => {
  pauses++;
  tell('registry', `PAUSED: ${reason}`);
});
registry.actor.on('recovery.resumed', () =>
  tell('registry', 'RESUMED: enough circuits have left the open state'),
);

/** Makes one call. Gives false where it failed or was refused. */
async function callTool({ tool, arguments: given }: Task): Promise<boolean> {
  const startedAt = performance.now();
  const tookMs = () => Math.round(performance.now() - startedAt);
  try {
    await registry.execute(
      tool,
      () => {
        calls++;
        return server.client.callTool({ name: tool, arguments: given }, undefined, {
          timeout: callTimeoutMs,
        });
      },
      { isFailure: ({ isError }) => isError === true },
    );
    tell('agent', `${tool} done in ${tookMs()} ms`);
    return true;
  } catch (error) {
    if (error instanceof CircuitOpenError) {
      const { retryAfterMs } = error;
      const back =
        retryAfterMs === null ? '' : `, come back in ${(Math.ceil(retryAfterMs / 100) / 10).toFixed(1)} s`;
      tell('agent', `${tool} DENIED: the call was not made${back}`);
    } else {
      failedCallsMs.push(performance.now() - startedAt);
      tell('agent', `${tool} failed after ${tookMs()} ms: ${(error as Error).message}`);
    }
    return false;
  }
}

/** The agent does nothing while the registry says so; its user is asked what to do. */
async function whilePaused(): Promise<void> {
  if (registry.actor.getSnapshot().value !== 'paused') return;
  if (pauses === 1) {
    tell('user', 'asked: "wait, I will have a look"');
  } else {
    tell('user', 'asked: "the server is dead, I start it again"');
    server = await startFileServer(folder);
    tell('server', `started (process ${server.pid})`);
  }
  while (registry.actor.getSnapshot().value === 'paused') await sleep(20);
}

/** Does each task, as a model does: tries again at once, a few times, and puts off what does not work. */
async function doWork(tasks: readonly Task[], onCall: () => void = () => {}): Promise<void> {
  const queue = [...tasks];
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
    let isDone = false;
    for (let attempt = 1; attempt <= attemptsOfTheModel && !isDone; attempt++) {
      await whilePaused();
      isDone = await callTool(task);
      onCall();
      // What a turn of the model takes, much shortened.
      await sleep(150);
    }
    if (!isDone) queue.push(task);
  }
}

function signal(what: 'SIGSTOP' | 'SIGKILL', words: string): void {
  process.kill(server.pid, what);
  tell('server', words);
}

function check(holds: boolean, claim: string): void {
  if (holds) return;
  process.exitCode = 1;
  console.error(`the demo did not go as told: ${claim}`);
}

async function cleanUp(): Promise<void> {
  registry.stop();
  // A stopped process does not hear that its input has ended.
  try {
    process.kill(server.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
  await server.client.close();
  await rm(folder, { recursive: true, force: true });
}
process.once('SIGINT', () => void cleanUp().finally(() => process.exit(130)));

try {
  headline('An agent works with the four tools of an MCP server.');
  tell('server', `started (process ${server.pid})`);
  await doWork(work);

  headline('The server hangs, and then it dies. The model calls on.');
  await rm(report);
  signal('SIGSTOP', 'hangs: it takes calls and answers none');
  let callsLeft = 5;
  await doWork(work, () => {
    callsLeft--;
    if (callsLeft === 0) signal('SIGKILL', 'killed');
  });

  const { breakerDenials } = registry.metrics();
  const meanMs = failedCallsMs.reduce((sum, ms) => sum + ms, 0) / failedCallsMs.length;
  headline('The work is done.');
  console.log(
    `${calls} calls made, ${failedCallsMs.length} of them failed, after ${Math.round(meanMs)} ms on average.`,
  );
  console.log(`${breakerDenials} calls not made.`);
  console.log(
    `${((breakerDenials * meanMs) / 1000).toFixed(1)} s not waited: ${breakerDenials} x ${Math.round(meanMs)} ms.`,
  );

  check((await readFile(report, 'utf8')) === 'All is well.\n', 'the report is on the disk');
  check(tripped.size >= 3, 'three circuits opened');
  check(pauses >= 1, 'the registry paused');
  check(registry.actor.getSnapshot().value === 'operational', 'the registry resumed');
  check(
    work.every(({ tool }) => registry.state(tool) === 'closed'),
    'all circuits are closed at the end',
  );
} finally {
  await cleanUp();
}
