/**
 * The official conformance suite of MCP, run against a server directly and through the proxy. It is installed apart, as the agent
 * frameworks are: see scripts/ensure-frameworks.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { folderOf, nodeOf } from '../../test/frameworks/installed.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const command = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const everything = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

/** The revisions of MCP whose requirements the suite knows. */
export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

/** How the suite reaches a server: as it is, or through a proxy that runs it as a command, or that is in front of its URL. */
export const ways = ['direct', 'over a command', 'over a URL'] as const;
export type Way = (typeof ways)[number];

/** The servers, and how each is started: on stdio, and over HTTP. */
export const servers = {
  'conformance-server': {
    stdio: [join(folder, 'server.js')],
    http: () => ({ args: [join(folder, 'server.js'), '0'], env: {} }),
  },
  'server-everything': {
    stdio: [everything, 'stdio'],
    http: (port: number) => ({ args: [everything, 'streamableHttp'], env: { PORT: String(port) } }),
  },
} as const;
export type ServerName = keyof typeof servers;

/** How many checks of a scenario passed and failed. */
interface Score {
  readonly passed: number;
  readonly failed: number;
}

export type Scores = ReadonlyMap<string, Score>;

/** A program that says on standard error where it listens. */
class Listening {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(
    args: readonly string[],
    urlIn: (said: string) => string | undefined,
    env: Record<string, string> = {},
  ): Promise<Listening> {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    let said = '';
    return new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error(`${args.join(' ')} has ended: ${said}`)));
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        const url = urlIn(said);
        if (url !== undefined) resolve(new Listening(child, url));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.removeAllListeners('exit');
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** Any port that nobody listens on. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function serve(name: ServerName): Promise<Listening> {
  const port = await freePort();
  const { args, env } = servers[name].http(port);
  return Listening.start(
    args,
    (said) =>
      /listening at (http\S+)/.exec(said)?.[1] ??
      (/listening on port/.test(said) ? `http://127.0.0.1:${port}/mcp` : undefined),
    env,
  );
}

const proxy = (...args: string[]): Promise<Listening> =>
  Listening.start(
    [command, 'mcp', '--listen', '127.0.0.1:0', '--log', 'json', ...args],
    (said) => /"url":"([^"]+)"/.exec(said)?.[1],
  );

/** Runs everything that a revision requires against a server, and reads the summary. */
async function score(url: string, revision: Revision): Promise<Scores> {
  const suite = spawn(
    nodeOf('conformance'),
    [
      join(folderOf('conformance'), 'node_modules/@modelcontextprotocol/conformance/dist/index.js'),
      'server',
      '--url',
      url,
      '--requirements',
      revision,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said = await text(suite.stdout);
  const [, summary] = said.split('=== SUMMARY ===');
  if (summary === undefined) throw new Error(`the suite has no summary: ${said.slice(-2_000)}`);
  return new Map(
    [...summary.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)].map(([, scenario, passed, failed]) => [
      String(scenario),
      { passed: Number(passed), failed: Number(failed) },
    ]),
  );
}

/** The scores of a server, reached by one of the ways. */
export async function scoreBy(way: Way, name: ServerName, revision: Revision): Promise<Scores> {
  if (way === 'over a command') {
    await using front = await proxy('--', process.execPath, ...servers[name].stdio);
    return await score(front.url, revision);
  }
  await using server = await serve(name);
  if (way === 'direct') return await score(server.url, revision);
  await using front = await proxy('--url', server.url);
  return await score(front.url, revision);
}

/** The scenarios that fail more, or prove less, than they do directly. */
export function worse(direct: Scores, through: Scores): string[] {
  return [...direct].flatMap(([scenario, { passed, failed }]) => {
    const score = through.get(scenario);
    const isWorse = score === undefined || score.failed > failed || score.passed < passed;
    return isWorse ? [scenario] : [];
  });
}
