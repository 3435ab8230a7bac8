import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { programFile } from '../../support/program.ts';
import { knockAsPage } from '../inspect/support/clients.ts';

const command = fileURLToPath(new URL('../../../dist/cli/index.js', import.meta.url));
const fileServer = programFile('server-filesystem');
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-cli-'));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the built command, and collects what it prints. */
const toolfuse = (...args: string[]) => toolfuseIn({}, ...args);

/** The same, with more variables in its environment. */
function toolfuseIn(env: Readonly<Record<string, string>>, ...args: string[]) {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, XDG_RUNTIME_DIR: folder, ...env },
  });
  running.push(child);
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed.err += text;
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** Sends a request, and resolves with the next message. */
  const ask = async (content: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...content })}\n`);
    return JSON.parse((await lines.next()).value);
  };
  return { child, printed, exited, ask };
}

const initialize = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** Whether a process is gone, or a zombie. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

async function childOf({ child }: { child: ChildProcess }): Promise<number> {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  const [pid] = children.trim().split(' ').map(Number);
  // A signal to process 0 would reach the tests themselves.
  if (!pid) throw new Error('it has no child');
  return pid;
}

describe('toolfuse', () => {
  it.each([[[]], [['--help']], [['help']]])('%j lists its commands', async (args) => {
    const { printed, exited } = toolfuse(...args);
    expect(await exited).toBe(0);
    expect(printed.out).toMatch(/^ {2}mcp +put circuit breakers in front of any MCP server$/m);
  });

  it('refuses an unknown command, and exits with 2', async () => {
    const { printed, exited } = toolfuse('breaker');
    expect(await exited).toBe(2);
    expect(printed.err).toBe(
      'toolfuse: there is no command breaker; the commands are mcp, fleet, hook, inspect, replay, demo, chart\n',
    );
  });
});

describe('toolfuse mcp', () => {
  it('prints all of its options', async () => {
    const { printed, exited } = toolfuse('mcp', '--help');
    expect(await exited).toBe(0);
    expect(printed.out).toMatch(/^ {2}--min-backoff MS /m);
  });

  it.each([
    [[], 'toolfuse: there is no server: put its command after --, or give its --url\n'],
    [['--url', 'http://a', '--', 'b'], 'toolfuse: there must be one server: a command after --, or --url\n'],
    [['--header', 'A: b', '--', 'a'], 'toolfuse: headers need a server with a --url\n'],
    [
      ['--min-backoff', '10', '--max-backoff', '5', '--', 'a'],
      'toolfuse: circuit.maxBackoffMs must be at least minBackoffMs (10), got 5\n',
    ],
    [['--backoff', '1', '--', 'a'], "toolfuse: Unknown option '--backoff'\n"],
  ])('%j exits with 2, and says why', async (args, words) => {
    const { printed, exited } = toolfuse('mcp', ...args);
    expect(await exited).toBe(2);
    expect(printed.err).toBe(words);
  });

  it('exits with 127 if the command does not exist, after telling the client', async () => {
    const proxy = toolfuse('mcp', '--', 'no-such-command');
    expect(await proxy.ask(initialize)).toMatchObject({
      id: 0,
      error: { message: expect.stringMatching(/there is no command "no-such-command"/) },
    });
    expect(await proxy.exited).toBe(127);
  });

  it.each([
    ['no-such-command', 127],
    ['/etc/passwd/x', 127],
    ['/etc/passwd', 126],
  ])('exits like a shell if %s cannot be run, even without a request', async (name, exitCode) => {
    const proxy = toolfuse('mcp', '--', name);
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(exitCode);
    expect(proxy.printed.err).not.toContain('server.started');
  });

  it('never logs that a server is back, or its circuit closed, if the server ends at once', async () => {
    const proxy = toolfuse('mcp', '--log', 'json', '--', process.execPath, '-e', 'process.exit(1)');
    const events = () =>
      proxy.printed.err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event as string);
    // Restarted after half a second, and again after another second.
    await expect.poll(() => events().filter((event) => event === 'server.started')).toHaveLength(3);
    expect(events()).not.toContain('server.restored');
    expect(events()).not.toContain('circuit.closed');
  });

  it('logs once that there are settings for a tool that the server does not have', async () => {
    const proxy = toolfuse('mcp', '--tool', 'serach:timeout=1', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    for (const id of [1, 2]) await proxy.ask({ id, method: 'tools/list' });
    expect(proxy.printed.err.split('a tool \\"serach\\", which the server does not have')).toHaveLength(2);
  });

  it.each([
    ['a folder', () => folder, 'it is not a file'],
    ['below a file', () => join(fileServer, 'no', 'state.json'), 'ENOTDIR'],
  ])('exits with 2 if its state file is %s', async (_, path, why) => {
    const proxy = toolfuse('mcp', '--state', path(), '--', process.execPath, fileServer, folder);
    expect(await proxy.exited).toBe(2);
    expect(proxy.printed.err).toMatch(/^toolfuse: --state ".*" cannot be written: /m);
    expect(proxy.printed.err).toContain(why);
  });

  it('delivers everything before it ends, even to a client that reads slowly', async () => {
    const server = join(folder, 'large.mjs');
    const answer = "JSON.stringify({ jsonrpc: '2.0', id: 0, result: { text: 'x'.repeat(2_000_000) } })";
    writeFileSync(server, `process.stdin.once('data', () => process.stdout.write(${answer} + '\\n'));`);
    const ask = `printf '%s\\n' '${JSON.stringify({ jsonrpc: '2.0', ...initialize })}'`;
    const proxy = `'${process.execPath}' '${command}' mcp --log none -- '${process.execPath}' '${server}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', `${ask} | ${proxy} | (sleep 0.5; wc -c)`]);
    expect(Number(stdout)).toBeGreaterThan(2_000_000);
  });

  it('ends with its client, and the server with it', async () => {
    const proxy = toolfuse('mcp', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    const server = await childOf(proxy);
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(0);
    expect(isGone(server)).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at %s with %i, and the server with it', async (signal, exitCode) => {
    const proxy = toolfuse('mcp', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    const server = await childOf(proxy);
    proxy.child.kill(signal);
    expect(await proxy.exited).toBe(exitCode);
    expect(isGone(server)).toBe(true);
  });

  describe('in front of a server that is deaf to the end of its input', () => {
    /** @param deafTo The signals that it ignores. */
    async function start(...deafTo: string[]) {
      const handlers = deafTo.map((signal) => `process.on('${signal}', () => {});`).join('');
      const program = `${handlers} setInterval(() => {}, 1_000); console.error('runs')`;
      const proxy = toolfuse('mcp', '--', process.execPath, '-e', program);
      await expect.poll(() => proxy.printed.err).toContain('runs');
      return { proxy, server: await childOf(proxy) };
    }

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s reaches the server itself', async (signal) => {
      const program = `process.on('${signal}', () => { console.error('got ${signal}'); process.exit(); });
        setInterval(() => {}, 1_000); console.error('runs')`;
      const proxy = toolfuse('mcp', '--log', 'none', '--', process.execPath, '-e', program);
      await expect.poll(() => proxy.printed.err).toContain('runs');
      proxy.child.kill(signal);
      await proxy.exited;
      expect(proxy.printed.err).toContain(`got ${signal}`);
    });

    it('no server outlives a client that loses its patience', async () => {
      const { proxy, server } = await start('SIGINT', 'SIGTERM');
      // As Claude Code does it.
      proxy.child.kill('SIGINT');
      await sleep(100);
      proxy.child.kill('SIGTERM');
      await sleep(400);
      proxy.child.kill('SIGKILL');
      await proxy.exited;
      await expect.poll(() => isGone(server)).toBe(true);
    });

    it('no server outlives a proxy that is killed', async () => {
      const { proxy, server } = await start('SIGTERM');
      proxy.child.kill('SIGKILL');
      await proxy.exited;
      await expect.poll(() => isGone(server)).toBe(true);
    });

    it('none of several servers does', async () => {
      const pids = join(folder, 'pids');
      const program = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000);
        require('node:fs').appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');`;
      const proxy = toolfuse('mcp', '--listen', '0', '--', process.execPath, '-e', program);
      await expect.poll(() => proxy.printed.err).toMatch(/http:/);
      const [url = ''] = /http:[^"]*/.exec(proxy.printed.err) ?? [];
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ jsonrpc: '2.0', ...initialize });
      for (let count = 0; count < 3; count++) {
        void fetch(url, { method: 'POST', headers, body }).catch(() => {});
      }
      const servers = () =>
        readFileSync(pids, { encoding: 'utf8', flag: 'a+' }).trim().split('\n').map(Number);
      await expect.poll(servers).toHaveLength(3);
      proxy.child.kill('SIGKILL');
      await expect.poll(() => servers().every(isGone)).toBe(true);
    });
  });

  it('answers calls under way when its input has ended, and then ends', async () => {
    const slow = join(folder, 'slow.mjs');
    writeFileSync(
      slow,
      `import { createInterface } from 'node:readline';
      const lines = createInterface({ input: process.stdin });
      lines.on('line', (line) => {
        const { id } = JSON.parse(line);
        setTimeout(() => console.log(JSON.stringify({ jsonrpc: '2.0', id, result: {} })), id * 1_000);
      });
      lines.on('close', () => process.exit(0));`,
    );
    const proxy = toolfuse('mcp', '--log', 'none', '--', process.execPath, slow);
    for (const id of [0, 2])
      proxy.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...initialize, id })}\n`);
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(0);
    const ids = proxy.printed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual([0, 2]);
  });

  it('answers with an error what its server never answered, where a signal ends it', async () => {
    const proxy = toolfuse('mcp', '--', process.execPath, '-e', 'setInterval(() => {}, 1_000)');
    const answer = proxy.ask(initialize);
    await expect.poll(() => proxy.printed.err).toContain('server.started');
    proxy.child.kill('SIGTERM');
    expect(await answer).toMatchObject({ id: 0, error: { message: expect.stringMatching(/session ended/) } });
    expect(await proxy.exited).toBe(143);
  });

  it('ends, and ends a stubborn server', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); console.error('runs')";
    const proxy = toolfuse('mcp', '--', process.execPath, '-e', stubborn);
    await expect.poll(() => proxy.printed.err).toContain('runs');
    const server = await childOf(proxy);
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(0);
    expect(isGone(server)).toBe(true);
  });

  it('passes its environment on, except what npx set for toolfuse itself', async () => {
    const env = { npm_config_package: 'toolfuse', npm_config_call: 'toolfuse mcp', TOKEN: 's3cret' };
    const print = 'console.error(JSON.stringify(process.env)); process.stdin.resume()';
    const proxy = toolfuseIn(env, 'mcp', '--log', 'none', '--', process.execPath, '-e', print);
    await expect.poll(() => proxy.printed.err).toMatch(/\}\n/);
    const { TOKEN, npm_config_package, npm_config_call } = JSON.parse(proxy.printed.err);
    expect({ TOKEN, npm_config_package, npm_config_call }).toEqual({ TOKEN: 's3cret' });
  });

  it('goes on if nobody reads its log any more', async () => {
    const proxy = toolfuse('mcp', '--log-payloads', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    proxy.child.stderr.destroy();
    const call = { method: 'tools/call', params: { name: 'list_allowed_directories' } };
    for (let id = 1; id < 5; id++) {
      expect(await proxy.ask({ ...call, id })).toMatchObject({ id, result: {} });
    }
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(0);
  });

  it.each([
    ['mcp', '--listen', '0', '--', process.execPath, fileServer, folder],
    ['inspect', '--port', '0'],
  ])('ends with the shell of the npx that started it: %s', async (...args) => {
    const env = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'toolfuse'" };
    const line = [process.execPath, command, ...args].map((word) => `'${word}'`).join(' ');
    const shell = spawn('sh', ['-c', `${line}; true`], { env: { ...process.env, ...env } });
    running.push(shell);
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (text) => (said += text));
    await expect.poll(() => said).toMatch(/http:/);
    const program = await childOf({ child: shell });
    shell.kill('SIGKILL');
    await expect.poll(() => isGone(program)).toBe(true);
  });

  it('also ends what a launcher has started', async () => {
    const proxy = toolfuse(
      'mcp',
      '--',
      'sh',
      '-c',
      `"${process.execPath}" "${fileServer}" "${folder}"; true`,
    );
    await proxy.ask(initialize);
    const shell = await childOf(proxy);
    const server = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim());
    expect(server).toBeGreaterThan(0);
    proxy.child.kill('SIGTERM');
    await proxy.exited;
    expect([isGone(shell), isGone(server)]).toEqual([true, true]);
  });

  it('shows the circuits of a running proxy with --status', async () => {
    const proxy = toolfuse('mcp', '--name', 'files', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    await proxy.ask({
      id: 1,
      method: 'tools/call',
      params: { name: 'list_directory', arguments: { path: folder } },
    });
    const status = toolfuse('mcp', '--status');
    expect(await status.exited).toBe(0);
    expect(status.printed.out).toContain(`files (process ${proxy.child.pid}): 0 open`);
    expect(status.printed.out).toMatch(/^list_directory +closed +0 +1 +0$/m);
    const json = toolfuse('mcp', '--status', '--json');
    await json.exited;
    expect(JSON.parse(json.printed.out)).toMatchObject([{ server: 'files', pid: proxy.child.pid }]);
  });

  it('shows with --status when things happened, and which tools a dead server takes down', async () => {
    const flags = ['--min-backoff', '60000', '--failure-threshold', '1'];
    const proxy = toolfuse('mcp', ...flags, '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    await proxy.ask({ id: 1, method: 'tools/call', params: { name: 'list_allowed_directories' } });
    const before = Date.now();
    process.kill(await childOf(proxy), 'SIGKILL');
    await expect.poll(() => proxy.printed.err).toContain('circuit.opened');
    const status = toolfuse('mcp', '--status');
    await status.exited;
    expect(status.printed.out).toMatch(/^\(the server\) +open /m);
    expect(status.printed.out).toMatch(/^list_allowed_directories +closed \(waits for the server\) +0 /m);
    const json = toolfuse('mcp', '--status', '--json');
    await json.exited;
    const [{ circuits }] = JSON.parse(json.printed.out);
    const { openedAt, isAvailable } = circuits.find(
      ({ status: state }: { status: string }) => state === 'open',
    );
    expect(isAvailable).toBe(false);
    expect(Date.parse(openedAt)).toBeGreaterThan(before - 1_000);
    expect(Date.parse(openedAt)).toBeLessThanOrEqual(Date.now());
  });

  it.each(['human', 'json'])(
    'tells with --inspect and --log %s where a page shows its circuits',
    async (log) => {
      const proxy = toolfuse('mcp', '--inspect', '--log', log, '--', process.execPath, fileServer, folder);
      await expect.poll(() => proxy.printed.err).toMatch(/inspector\.started/);
      const url = /http:\/\/127\.0\.0\.1:\d+\/#[\w-]+/.exec(proxy.printed.err)?.[0] ?? '';
      const { messages } = await knockAsPage({ url });
      await proxy.ask(initialize);
      await proxy.ask({ id: 1, method: 'tools/call', params: { name: 'list_allowed_directories' } });
      await expect
        .poll(() =>
          messages.flatMap((each) => (each.type === 'actors' ? each.actors : [])).map(({ name }) => name),
        )
        .toEqual(expect.arrayContaining(['list_allowed_directories', 'server:filesystem']));
      const status = toolfuse('mcp', '--status');
      await status.exited;
      expect(status.printed.out).toContain(`watch it live at ${url}\n`);
      // An open page keeps nothing alive.
      proxy.child.stdin.end();
      expect(await proxy.exited).toBe(0);
      await expect(fetch(url)).rejects.toThrow();
      // The client got nothing but the two answers.
      expect(
        proxy.printed.out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).id),
      ).toEqual([0, 1]);
    },
  );

  it('goes on without the inspector if it cannot be shown, and says so', async () => {
    const noPort = join(folder, 'no-port.cjs');
    writeFileSync(
      noPort,
      `require('node:http').Server.prototype.listen = function () {
        setImmediate(() => this.emit('error', new Error('no port is free')));
      };`,
    );
    const env = { NODE_OPTIONS: `--require ${noPort}` };
    const proxy = toolfuseIn(env, 'mcp', '--inspect', '--', process.execPath, fileServer, folder);
    await expect
      .poll(() => proxy.printed.err)
      .toMatch(/trouble what="the inspector cannot be shown: .*no port is free/);
    expect(await proxy.ask(initialize)).toMatchObject({ id: 0, result: {} });
    proxy.child.stdin.end();
    expect(await proxy.exited).toBe(0);
  });

  it('shows with --status that no proxy runs, even if one was killed', async () => {
    const proxy = toolfuse('mcp', '--', process.execPath, fileServer, folder);
    await proxy.ask(initialize);
    proxy.child.kill('SIGKILL');
    await proxy.exited;
    const status = toolfuse('mcp', '--status');
    expect(await status.exited).toBe(0);
    expect(status.printed.out).toBe('No toolfuse proxy of yours is running.\n');
  });

  it('keeps its circuits in a file, for the next proxy', async () => {
    const args = ['mcp', '--state', join(folder, 'state.json'), '--log', 'none', '--'];
    const first = toolfuse(...args, process.execPath, fileServer, folder);
    await first.ask(initialize);
    process.kill(await childOf(first), 'SIGKILL');
    const call = {
      id: 1,
      method: 'tools/call',
      params: { name: 'list_directory', arguments: { path: folder } },
    };
    await first.ask(call);
    first.child.stdin.end();
    await first.exited;
    expect(
      JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')).servers.filesystem.circuits,
    ).toContainEqual(expect.objectContaining({ tool: 'server:filesystem', state: 'open', openCount: 1 }));
    const second = toolfuse(...args, process.execPath, fileServer, folder);
    expect(await second.ask(call)).toMatchObject({
      result: { _meta: { 'toolfuse/denial': { reason: 'upstream' } } },
    });
    second.child.stdin.end();
    await second.exited;
  });
});
