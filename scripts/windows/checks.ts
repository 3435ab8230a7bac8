/**
 * Runs in Node.js for Windows: see scripts/windows.ts. The client is that of the SDK, and the server its `McpServer`; between them is the
 * built command. Each check is one line of the report, which is a file because a program in Wine cannot write to a pipe of Linux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [, , report = 'report.txt'] = process.argv;
const root = fileURLToPath(new URL('../../', import.meta.url));
const command = join(root, 'dist', 'cli', 'index.js');
const serverFile = join(root, 'scripts', 'windows', 'server.mjs');
const folder = mkdtempSync(join(tmpdir(), 'toolfuse windows '));

const say = (line: string): void => appendFileSync(report, `${line}\n`);

async function check(what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    const found = await run();
    if (found !== true) throw new Error(`got ${JSON.stringify(found)}`);
    say(`ok     ${what}`);
  } catch (error) {
    say(`WRONG  ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** Runs the command to its end. */
async function toolfuse(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, ...environment } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** A client that starts a guarded server. */
async function connect(args: readonly string[], environment: Record<string, string> = {}) {
  const client = new Client({ name: 'checks', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [command, 'mcp', ...args],
    env: { ...(process.env as Record<string, string>), ...environment },
    stderr: 'pipe',
  });
  let log = '';
  transport.stderr?.on('data', (chunk) => (log += chunk));
  await client.connect(transport);
  const call = async (name: string, input: object = {}) => {
    const result = await client.callTool({ name, arguments: { ...input } });
    const [first] = result.content as { text?: string }[];
    return { isError: result.isError === true, text: first?.text ?? '' };
  };
  return { client, transport, call, log: () => log };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function ends(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 400 && isAlive(pid); tries += 1) await sleep(50);
  return !isAlive(pid);
}

/** What the answer in place of a call says. */
const refusal = /Do not call it again within the next \d+ s/;

const guarded = ['--', process.execPath, serverFile];

await check('the command says its version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { code, out } = await toolfuse(['--version']);
  return code === 0 && out.trim() === version;
});

await check('a call passes, with its input and its result', async () => {
  const { client, call } = await connect(guarded);
  const { tools } = await client.listTools();
  const { text } = await call('echo', { words: 'Grüße, 世界' });
  await client.close();
  return tools.length === 4 && text === 'Grüße, 世界';
});

await check('a tool that fails is refused from then on, with the time to come back', async () => {
  const { client, call } = await connect(['--failure-threshold', '2', ...guarded]);
  await call('fail');
  await call('fail');
  const { isError, text } = await call('fail');
  const other = await call('echo', { words: 'still there' });
  await client.close();
  return (isError && refusal.test(text) && other.text === 'still there') || { isError, text, other };
});

await check('a server that has ended is started anew, and the session goes on', async () => {
  const { client, call, log } = await connect(guarded);
  const first = Number((await call('pid')).text);
  process.kill(first);
  await ends(first);
  let second = 0;
  for (let tries = 0; tries < 600 && !(second > 0); tries += 1) {
    await sleep(100);
    second = Number((await call('pid')).text);
  }
  await client.close();
  return (second > 0 && second !== first && (await ends(second))) || { first, second, log: log() };
});

await check('at the end of its input the proxy ends, and its server with it', async () => {
  const { client, transport, call } = await connect(guarded);
  const server = Number((await call('pid')).text);
  const proxy = transport.pid ?? 0;
  await client.close();
  return (await ends(proxy)) && (await ends(server));
});

await check('a proxy that is killed leaves no server', async () => {
  const { transport, call } = await connect(guarded);
  const server = Number((await call('pid')).text);
  process.kill(transport.pid ?? 0, 'SIGKILL');
  return ends(server);
});

await check(
  'a server that is a script of the shell (npx.cmd and its like) is found by its bare name',
  async () => {
    const bin = join(folder, 'bin of scripts');
    mkdirSync(bin);
    writeFileSync(join(bin, 'my-server.cmd'), `@"${process.execPath}" "${serverFile}" %*\r\n`);
    const { client, call } = await connect(
      ['--', 'my-server', 'an argument with spaces', 'a "quoted" one', 'a&b|c'],
      {
        PATH: `${bin};${process.env.PATH ?? ''}`,
      },
    );
    const { text } = await call('args');
    await client.close();
    return text === JSON.stringify(['an argument with spaces', 'a "quoted" one', 'a&b|c']) || text;
  },
);

await check('circuits are kept in a file, and are there after a new start', async () => {
  const state = join(folder, 'state', 'circuits.json');
  const circuits = ['--failure-threshold', '1', '--min-backoff', '600000', '--max-backoff', '600000'];
  const args = [...circuits, '--state', state, '--no-memory', ...guarded];
  const before = await connect(args);
  await before.call('fail');
  await before.client.close();
  await ends(before.transport.pid ?? 0);
  const after = await connect(args);
  const { isError, text } = await after.call('fail');
  await after.client.close();
  return (
    (existsSync(state) && isError && refusal.test(text)) || {
      isError,
      text,
      kept: readFileSync(state, 'utf8'),
    }
  );
});

await check('a server that is not there is answered for from memory', async () => {
  const state = join(folder, 'memory', 'circuits.json');
  const isGone = join(folder, 'gone');
  const args = ['--state', state, ...guarded];
  const environment = { SERVER_ENDS_IF: isGone };
  const before = await connect(args, environment);
  await before.client.listTools();
  await before.client.close();
  await ends(before.transport.pid ?? 0);
  writeFileSync(isGone, '');
  const { client, call } = await connect(args, environment);
  const { tools } = await client.listTools();
  const { isError } = await call('echo', { words: 'x' });
  await client.close();
  return tools.length === 4 && isError;
});

await check(
  'wrap guards the servers of Claude Desktop, and unwrap gives the file back byte for byte',
  async () => {
    const APPDATA = join(folder, 'Roaming');
    const file = join(APPDATA, 'Claude', 'claude_desktop_config.json');
    mkdirSync(join(APPDATA, 'Claude'), { recursive: true });
    const before = `{\r\n\t"mcpServers": {\r\n\t\t"notes": { "command": "npx.cmd", "args": ["-y", "notes"], "env": { "KEY": "s3cret" } }\r\n\t}\r\n}\r\n`;
    writeFileSync(file, before);
    const environment = { APPDATA, USERPROFILE: folder, HOME: folder };
    const wrapped = await toolfuse(['mcp', 'wrap'], environment);
    const between = readFileSync(file, 'utf8');
    const { command: program, args } = (
      JSON.parse(between) as { mcpServers: { notes: { command: string; args: string[] } } }
    ).mcpServers.notes;
    const isGuarded = /node|npx/i.test(program) && args.slice(-3).join(' ') === 'npx.cmd -y notes';
    const unwrapped = await toolfuse(['mcp', 'unwrap'], environment);
    return (
      (wrapped.code === 0 && unwrapped.code === 0 && isGuarded && readFileSync(file, 'utf8') === before) || {
        wrapped,
        between,
        unwrapped,
      }
    );
  },
);

await check('doctor says of a server that it starts, and of another why it does not', async () => {
  const file = join(folder, 'doctor.json');
  const servers = {
    good: { command: process.execPath, args: [serverFile] },
    bad: { command: 'there-is-no-such-server' },
  };
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
  const { out, err } = await toolfuse(['mcp', 'doctor', file]);
  return (/good/.test(out) && /bad/.test(out) && /recogni[sz]e|not found|no such/i.test(out)) || { out, err };
});

await check('the hook of Claude Code refuses a tool that has failed too often', async () => {
  const environment = { LOCALAPPDATA: join(folder, 'Local'), USERPROFILE: folder, HOME: folder };
  const common = {
    session_id: 's',
    cwd: folder,
    tool_name: 'mcp__notes__search',
    tool_input: {},
    tool_use_id: 't',
  };
  let last: Ended | undefined;
  for (let tries = 0; tries < 8; tries += 1) {
    last = await toolfuse(
      ['hook'],
      environment,
      JSON.stringify({ ...common, hook_event_name: 'PreToolUse' }),
    );
    if (/deny/.test(last.out)) return true;
    const failed = {
      ...common,
      hook_event_name: 'PostToolUseFailure',
      error: 'connect ECONNREFUSED 127.0.0.1:9',
    };
    await toolfuse(['hook'], environment, JSON.stringify(failed));
  }
  return last;
});

say('end');
process.exit();
