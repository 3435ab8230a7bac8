import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../package.json';
import { readOptions } from '../proxy/options/read.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import type { Whereabouts } from './configuration/client-kinds.ts';
import { clientIds, findFiles, here, isShared, shown } from './configuration/find-files.ts';
import { OpenConnections } from './doctor/examine.ts';
import { decideFor } from './wrap/decide.ts';
import { type Launcher, launcherOf, realDisk } from './wrap/launcher.ts';
import { lastingPreset, presetFlags, presets } from './wrap/presets.ts';
import { fileText, totalText } from './wrap/report-text.ts';
import { ServerNames } from './wrap/server-names.ts';
import { changeFile, type FileReport, unwrapFile } from './wrap/wrap-file.ts';
import { wrapText } from './wrap/wrap-text.ts';

const ofPresets = Object.entries(presets)
  .map(([name, { about }]) => `                     ${name.padEnd(10)}${about}`)
  .join('\n');

const help = `Puts circuit breakers before the MCP servers that your clients use already, or takes them away again.

Usage: toolfuse mcp wrap [FILE…] [options] [-- OPTIONS OF THE PROXY]
       toolfuse mcp unwrap [FILE…] [--dry-run] [--client NAME]

Without a FILE, the configurations of all clients that are found are changed: those of your user, and those of the
folder that you are in, but for files that git shares with others.

  --dry-run          show what would change, and change nothing
  --client NAME      only files of this client: ${clientIds.slice(0, 5).join(', ')},
                     ${clientIds.slice(5).join(', ')}; may be repeated
  --only NAME        only the server of this name; may be repeated
  --preset NAME      options of the proxy that belong together:
${ofPresets}
  --offline          ask no server with a URL whether it wants a sign-in: without a key, it is then left alone
  --help             print this

The options of the proxy after -- are those of toolfuse mcp --help. Each file is kept as it was beside it, as
FILE.before-toolfuse. Nothing else in a file changes, and unwrap gives back what was there to the last character.`;

function readArgs(args: readonly string[]) {
  const separator = args.indexOf('--');
  try {
    const { values, positionals } = parseArgs({
      args: [...(separator === -1 ? args : args.slice(0, separator))],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        client: { type: 'string', multiple: true, default: [] },
        only: { type: 'string', multiple: true, default: [] },
        preset: { type: 'string' },
        offline: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { ...values, files: positionals, own: separator === -1 ? [] : args.slice(separator + 1) };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
}

/** Options that each server has its own of, or that make no proxy. */
const notForAll = [
  '--name',
  '--url',
  '--listen',
  '--help',
  '--status',
  '--header',
  '--header-env',
  '--state',
];

/** @throws UsageError for options that the proxy would refuse. */
function checkFlags(flags: readonly string[]): void {
  for (const flag of flags) {
    const [name = ''] = flag.split('=');
    if (notForAll.includes(name)) throw new UsageError(`${name} cannot be the same for all servers`);
  }
  readOptions([...flags, '--', 'server'], {});
}

/** Where the circuits of servers are kept. */
function stateFolder({ home, environment, platform }: Whereabouts): string {
  const base =
    platform === 'win32'
      ? environment.LOCALAPPDATA || join(home, 'AppData', 'Local')
      : environment.XDG_STATE_HOME || join(home, '.local', 'state');
  return join(base, 'toolfuse');
}

/** `toolfuse mcp wrap` and `toolfuse mcp unwrap`. */
export async function main(command: 'wrap' | 'unwrap', args: readonly string[]): Promise<void> {
  const options = readArgs(args);
  if (options.help) return console.log(help);
  for (const client of options.client) {
    if (clientIds.includes(client)) continue;
    throw new UsageError(`--client must be one of ${clientIds.join(', ')}, got ${JSON.stringify(client)}`);
  }
  const where = here();
  const files = findFiles(options.files, where, options.client);
  const isDryRun = options['dry-run'];
  const reports: FileReport[] = [];
  const tell = (report: FileReport | undefined): void => {
    if (report === undefined) return;
    reports.push(report);
    console.log(`${fileText(report, shown, isDryRun)}\n`);
  };
  if (command === 'unwrap') {
    if (options.own.length > 0 || options.preset !== undefined || options.only.length > 0)
      throw new UsageError('unwrap takes away all that wrap has put there, and has no options of the proxy');
    for (const file of files) {
      const report = await unwrapFile(file, isDryRun);
      if (report !== undefined && (report.outcomes.length > 0 || report.why !== undefined || file.isNamed))
        tell(report);
    }
  } else await wrapAll(files, options, where, tell);
  if (reports.length === 0) console.log(nothingFound(command, where.folder));
  else console.log(lastWords(command, reports, isDryRun));
  if (reports.some(({ isFault }) => isFault)) process.exitCode = 1;
}

async function wrapAll(
  files: ReturnType<typeof findFiles>,
  { preset, own, only, offline, 'dry-run': isDryRun }: ReturnType<typeof readArgs>,
  where: Whereabouts,
  tell: (report: FileReport | undefined) => void,
): Promise<void> {
  const isAsked = preset !== undefined || own.length > 0;
  const flags = [...(preset === undefined ? [] : presetFlags(preset)), ...own];
  checkFlags(flags);
  const launcher = launcherOf({
    node: process.execPath,
    script: resolve(process.argv[1] ?? ''),
    version,
    platform: process.platform,
    environment: process.env,
  });
  const folder = preset === lastingPreset ? stateFolder(where) : undefined;
  if (folder !== undefined && !isDryRun) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const open = new OpenConnections();
  const decisions = {
    launcher,
    names: new ServerNames(),
    flags: isAsked ? flags : undefined,
    stateFolder: folder,
    only,
    isOffline: offline,
    open,
    disk: realDisk,
    asked: new Map<string, string | undefined>(),
  };
  for (const file of files) {
    if (file.scope === 'project' && !file.isNamed && isShared(file.path)) {
      const why = `git shares it with others, and toolfuse stands at another path for them; to change it all the same, name it: toolfuse mcp wrap ${file.path}`;
      tell({ file, outcomes: [], why });
      continue;
    }
    tell(
      await changeFile(file, {
        isDryRun,
        change: async (configuration) =>
          wrapText(configuration, await decideFor(configuration, file, decisions)),
      }),
    );
  }
  console.log(`${launcherText(launcher)}\n`);
}

const launcherText = ({ words, isNpx }: Launcher): string =>
  isNpx
    ? `Clients start toolfuse by npx here (${words[2]}), since it is not installed: each start of a server asks npm first, and many at
once can fail. Better: npm install -g toolfuse, and then toolfuse mcp wrap again.`
    : `Clients start toolfuse by its path: ${words.slice(0, -1).map(shown).join(' ')}`;

function lastWords(command: 'wrap' | 'unwrap', reports: readonly FileReport[], isDryRun: boolean): string {
  const total = totalText(reports, isDryRun);
  const isChanged = reports.some(({ outcomes }) =>
    outcomes.some(({ did }) => did !== 'already' && did !== 'left'),
  );
  if (!isChanged) return total;
  if (isDryRun) return `${total} Nothing was changed: run it without --dry-run.`;
  const next =
    command === 'wrap'
      ? `
  toolfuse mcp doctor     checks the servers
  toolfuse mcp --status   shows their circuits, once clients have started them
  toolfuse mcp unwrap     undoes this`
      : '';
  return `${total} Restart the clients, or reload their servers.${next}`;
}

const nothingFound = (command: 'wrap' | 'unwrap', folder: string): string =>
  command === 'unwrap'
    ? 'No server is behind toolfuse.'
    : `No MCP servers were found in the configurations of your clients, nor in ${shown(folder)}. Name a file: toolfuse mcp wrap FILE`;
