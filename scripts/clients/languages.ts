/** HTTP clients of other languages, each in a program that prints how its call failed, in the words that a server passes on. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { resultFailure } from '../../src/mcp/result-errors.ts';
import { type Cell, exceptionFor, faultTable } from './cell.ts';
import { expectedOfFault } from './expected.ts';
import type { HttpFault } from './faults.ts';

const run = promisify(execFile);
const folder = new URL('./languages/', import.meta.url).pathname;

/** After how many ms a program that does not end is killed. */
const maxRunMs = 60_000;

/** The limit of a call that is not to end by it, in ms. */
const amplyMs = 10_000;

interface ForeignClient {
  readonly client: string;
  /** Asks for an address. @returns What a server would pass on; empty for nothing. */
  readonly ask: (url: string, limitMs: number) => Promise<string>;
}

interface Language {
  /** The names by which its clients are asked for on the command line. */
  readonly ids: readonly string[];
  readonly need: string;
  /** Its clients, as far as they are installed. Those that it builds go into the folder. */
  readonly find: (ids: readonly string[], built: string) => Promise<readonly ForeignClient[]>;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the program is there, and ended with 0. */
  readonly succeeded: boolean;
}

/** What a program prints, whether or not it succeeds. */
async function outputOf(program: string, args: readonly string[]): Promise<Output> {
  try {
    return { ...(await run(program, args, { timeout: maxRunMs })), succeeded: true };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Output>;
    return { stdout, stderr, succeeded: false };
  }
}

const asking =
  (program: string, ...args: readonly string[]): ForeignClient['ask'] =>
  async (url, limitMs) =>
    (await outputOf(program, [...args, url, String(limitMs)])).stdout.trim();

const languages: readonly Language[] = [
  {
    ids: ['urllib', 'requests', 'httpx', 'aiohttp'],
    need: '`python3-requests`, `python3-httpx` and `python3-aiohttp` are not installed',
    find: async (ids) => {
      // The interpreter that comes first may be one without the packages of the system.
      for (const python of ['python3', '/usr/bin/python3']) {
        const { succeeded } = await outputOf(python, ['-c', 'import aiohttp, httpx, requests']);
        if (!succeeded) continue;
        return ids.map((id) => ({
          client: id === 'urllib' ? 'urllib of Python' : id,
          ask: asking(python, join(folder, 'fetch.py'), id),
        }));
      }
      return [];
    },
  },
  {
    ids: ['go'],
    need: '`golang-go` is not installed, or does not build',
    find: async (_ids, built) => {
      const program = join(built, 'fetch');
      const { succeeded } = await outputOf('go', ['build', '-o', program, join(folder, 'fetch.go')]);
      return succeeded ? [{ client: 'net/http of Go', ask: asking(program) }] : [];
    },
  },
  {
    ids: ['java'],
    need: '`default-jdk` is not installed',
    find: async () => {
      const { succeeded } = await outputOf('java', ['-version']);
      return succeeded ? [{ client: 'java.net.http', ask: asking('java', join(folder, 'Fetch.java')) }] : [];
    },
  },
  {
    ids: ['curl'],
    need: '`curl` is not installed',
    find: async () => {
      const { succeeded } = await outputOf('curl', ['--version']);
      const ask: ForeignClient['ask'] = async (url, limitMs) => {
        const limit = ['--max-time', String(limitMs / 1_000)];
        const { stderr } = await outputOf('curl', ['-sS', '--fail', '--output', '/dev/null', ...limit, url]);
        return stderr.trim();
      };
      return succeeded ? [{ client: 'curl', ask }] : [];
    },
  },
];

/** A fault as a model reads it of a server in another language. */
async function cellOf({ client, ask }: ForeignClient, fault: HttpFault, ownLimitMs: number): Promise<Cell> {
  const exception = exceptionFor(client, fault.name);
  const text = await ask(fault.url, fault.endedBy === 'limit' ? ownLimitMs : amplyMs);
  const category = resultFailure({ isError: true, content: [{ type: 'text', text }] })?.category ?? '';
  return {
    client,
    fault: fault.name,
    expected: exception?.outcome ?? expectedOfFault[fault.name]?.category ?? '',
    outcome: text === '' ? 'no error' : category,
    error: text,
    ...(exception && { exception }),
  };
}

// A call that its caller ends has no reader, and words carry no headers.
const isPassedOn = ({ name, endedBy }: HttpFault): boolean =>
  endedBy !== 'deadline' && endedBy !== 'caller' && name !== '403, limit';

/**
 * Throws the faults at the clients that are wanted, at all of them at once.
 *
 * @returns What came of it, and what is not installed, each in a sentence.
 */
export async function foreignCells(
  isWanted: (id: string) => boolean,
  faults: readonly HttpFault[],
  ownLimitMs: number,
): Promise<{ readonly cells: readonly Cell[]; readonly missing: readonly string[] }> {
  const built = mkdtempSync(join(tmpdir(), 'toolfuse-clients-'));
  try {
    const missing: string[] = [];
    const clients: ForeignClient[] = [];
    for (const { ids, need, find } of languages) {
      const wanted = ids.filter(isWanted);
      if (wanted.length === 0) continue;
      const found = await find(wanted, built);
      if (found.length === 0) missing.push(need);
      clients.push(...found);
    }
    const rows = await Promise.all(
      clients.map(async (client) => {
        const cells: Cell[] = [];
        for (const fault of faults.filter(isPassedOn)) cells.push(await cellOf(client, fault, ownLimitMs));
        return cells;
      }),
    );
    return { cells: rows.flat(), missing };
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

export const foreignNames: ReadonlySet<string> = new Set([
  'languages',
  ...languages.flatMap(({ ids }) => ids),
]);

export const languagesSection = (
  cells: readonly Cell[],
): string => `## Clients of other languages, in the words of their servers

What a server in another language says of the same faults in a result with \`isError\`, as its client words it (Go and Java throw nothing for
a status: theirs is what is commonly written by hand), and what \`resultFailure\` of \`toolfuse/mcp\`, and with it the proxy, reads.

${faultTable(cells, (client) => client)}
`;
