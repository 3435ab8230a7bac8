/** HTTP clients of other languages, each in a program that prints how its call failed, in the words that a server passes on. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = new URL('./languages/', import.meta.url).pathname;

export interface ForeignClient {
  readonly client: string;
  readonly version: string;
  /** Asks for an address. @returns What a server would pass on; empty for nothing. */
  readonly ask: (url: string, limitMs: number) => Promise<string>;
}

interface Languages {
  readonly clients: readonly ForeignClient[];
  /** What is not installed, each in a sentence. */
  readonly missing: readonly string[];
}

/** What a program prints, whether or not it succeeds; undefined if there is none. */
async function said(program: string, args: readonly string[]): Promise<string | undefined> {
  const { stdout, stderr, code } = await run(program, args).then(
    (output) => ({ ...output, code: undefined }),
    (error: { stdout: string; stderr: string; code: unknown }) => error,
  );
  return code === 'ENOENT' ? undefined : `${stdout}${stderr}`.trim();
}

const asking =
  (program: string, ...args: readonly string[]): ForeignClient['ask'] =>
  async (url, limitMs) =>
    (await said(program, [...args, url, String(limitMs)])) ?? '';

async function ofPython(): Promise<ForeignClient[]> {
  const versions = [
    'import aiohttp, httpx, platform, requests',
    'print(platform.python_version(), requests.__version__, httpx.__version__, aiohttp.__version__)',
  ].join('\n');
  // The interpreter that comes first may be one without the packages of the system.
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = /^(\S+) (\S+) (\S+) (\S+)$/.exec((await said(python, ['-c', versions])) ?? '');
    if (found === null) continue;
    return ['urllib', 'requests', 'httpx', 'aiohttp'].map((client, index) => ({
      client: client === 'urllib' ? 'urllib of Python' : client,
      version: String(found[index + 1]),
      ask: asking(python, join(folder, 'fetch.py'), client),
    }));
  }
  return [];
}

async function ofGo(): Promise<ForeignClient[]> {
  const version = /\bgo(\d\S+)/.exec((await said('go', ['version'])) ?? '')?.[1];
  if (version === undefined) return [];
  const program = join(mkdtempSync(join(tmpdir(), 'toolfuse-go-')), 'fetch');
  await run('go', ['build', '-o', program, join(folder, 'fetch.go')]);
  return [{ client: 'net/http of Go', version, ask: asking(program) }];
}

async function ofJava(): Promise<ForeignClient[]> {
  const version = /version "([^"]+)"/.exec((await said('java', ['-version'])) ?? '')?.[1];
  if (version === undefined) return [];
  return [{ client: 'java.net.http', version, ask: asking('java', join(folder, 'Fetch.java')) }];
}

async function ofCurl(): Promise<ForeignClient[]> {
  const version = /^curl (\S+)/.exec((await said('curl', ['--version'])) ?? '')?.[1];
  if (version === undefined) return [];
  const ask = async (url: string, limitMs: number): Promise<string> =>
    (await said('curl', [
      '-sS',
      '--fail',
      '--output',
      '/dev/null',
      '--max-time',
      String(limitMs / 1_000),
      url,
    ])) ?? '';
  return [{ client: 'curl', version, ask }];
}

/** Those that are installed. */
export async function foreignClients(): Promise<Languages> {
  const found = await Promise.all([ofPython(), ofGo(), ofJava(), ofCurl()]);
  const needs = [
    'clients of Python: `python3-requests`, `python3-httpx` and `python3-aiohttp`',
    'the client of Go: `golang-go`',
    'the client of Java: `default-jdk`',
    'curl',
  ];
  return {
    clients: found.flat(),
    missing: needs.filter((_, index) => found[index]?.length === 0).map((need) => `${need} is not installed`),
  };
}
