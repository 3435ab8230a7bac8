import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { exitCodes } from '../proxy/exit-codes.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import { visible } from '../proxy/visible.ts';
import { languageOf } from './configuration/client-kinds.ts';
import { readConfiguration, UntouchedFile } from './configuration/configuration-file.ts';
import { clientIds, type FoundFile, findFiles, here, projectOf, shown } from './configuration/find-files.ts';
import { entriesOf, readTree, type ServerEntry } from './configuration/server-entries.ts';
import { BrokenFile } from './configuration/text-tree.ts';
import { type Checked, checkServer } from './doctor/check-server.ts';
import { OpenConnections } from './doctor/examine.ts';
import { checkedText } from './doctor/report-text.ts';

const help = `Starts the MCP servers that your clients use, asks each what it is and which tools it has, and ends it again.

Usage: toolfuse mcp doctor [FILE…] [options]

Without a FILE, the servers in the configurations of your user are started. Those of a project are started only if
its file is named: anybody may have written it.

  --client NAME      only files of this client: ${clientIds.slice(0, 5).join(', ')},
                     ${clientIds.slice(5).join(', ')}; may be repeated
  --only NAME        only the server of this name; may be repeated
  --timeout MS       how long a server may take to answer (default 30 000)
  --at-once N        how many servers are started at the same time (default 4)
  --json             print JSON
  --help             print this

A server is started twice, once in each era of MCP: from 2026-07-28 on, and before. The command exits with 0 if all
servers answer, and with 1 if something is wrong.`;

function readArgs(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        client: { type: 'string', multiple: true, default: [] },
        only: { type: 'string', multiple: true, default: [] },
        timeout: { type: 'string', default: '30000' },
        'at-once': { type: 'string', default: '4' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { ...values, files: positionals };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
}

/** A positive integer. @throws UsageError */
function countIn(flag: string, text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > 2 ** 31 - 1)
    throw new UsageError(`${flag} must be a positive integer, got ${JSON.stringify(text)}`);
  return count;
}

/** A file, with what became of its servers. */
interface CheckedFile {
  readonly client: string;
  readonly path: string;
  /** Why none of its servers was started, where that is so. */
  readonly why: string | null;
  readonly servers: readonly Checked[];
}

/** `toolfuse mcp doctor`. */
export async function main(args: readonly string[]): Promise<void> {
  const options = readArgs(args);
  if (options.help) return console.log(help);
  const timeoutMs = countIn('--timeout', options.timeout);
  const atOnce = countIn('--at-once', options['at-once']);
  const open = new OpenConnections();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void open.closeAll().finally(() => process.exit(exitCodes[signal])));
  }
  const where = here();
  const slots = new Slots(atOnce);
  const checked = await Promise.all(
    findFiles(options.files, where, options.client).map(async (file): Promise<CheckedFile | undefined> => {
      const base = { client: file.kind.title, path: file.path, why: null, servers: [] };
      const entries = entriesIn(file);
      if (typeof entries === 'string') return { ...base, why: entries };
      const meant = entries.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
      if (meant.length === 0) return undefined;
      if (file.scope === 'project' && !file.isNamed) {
        const why = `not started, since anybody may have written this file of a project; name it: toolfuse mcp doctor ${file.path}`;
        return { ...base, why };
      }
      const servers = meant.map((entry) =>
        slots.take(() =>
          checkServer(entry, {
            kind: file.kind,
            timeoutMs,
            open,
            context: {
              environment: process.env,
              home: homedir(),
              folder: entry.project ?? (file.scope === 'project' ? projectOf(file.path) : where.folder),
              hasBareNames: file.kind.id === 'gemini',
            },
          }),
        ),
      );
      return { ...base, servers: await Promise.all(servers) };
    }),
  );
  const files = checked.filter((each) => each !== undefined);
  if (options.json) console.log(JSON.stringify(files, null, 2));
  else console.log(textOf(files));
  if (files.some(({ why, servers }) => isFault(why) || servers.some(({ state }) => state === 'fault')))
    process.exitCode = 1;
}

/** A file that was left alone on purpose is no fault. */
const isFault = (why: string | null): boolean => why !== null && !why.startsWith('not started');

/** The servers of a file, or why there are none to be had. */
function entriesIn(file: FoundFile): readonly ServerEntry[] | string {
  try {
    const read = readConfiguration(file.path);
    if (read === undefined) return file.isNamed ? 'it does not exist' : [];
    if (read.text.trim() === '') return [];
    return entriesOf(readTree(read.text, languageOf(read.path)), file.kind);
  } catch (error) {
    if (error instanceof UntouchedFile) return error.message;
    if (error instanceof BrokenFile) return `line ${error.line}, column ${error.column}: ${error.message}`;
    throw error;
  }
}

function textOf(files: readonly CheckedFile[]): string {
  if (files.length === 0) return 'No MCP servers were found. Name a file: toolfuse mcp doctor FILE';
  const width = Math.max(...files.flatMap(({ servers }) => servers.map(({ name }) => name.length)), 0);
  const parts = files.map(({ client, path, why, servers }) =>
    [
      visible(`${client}: ${shown(path)}`),
      ...(why === null ? [] : [visible(`  ${why}`)]),
      ...servers.flatMap((server) => checkedText(server, width)),
    ].join('\n'),
  );
  const all = files.flatMap(({ servers }) => servers);
  const faults = all.filter(({ state }) => state === 'fault').length;
  const answering = all.filter(({ state }) => state === 'ok').length;
  const total = `${answering} of ${all.length} servers answer as they should, ${faults} ${faults === 1 ? 'does' : 'do'} not.`;
  return [...parts, total].join('\n\n');
}

/** A few places, for which everybody waits in turn. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
