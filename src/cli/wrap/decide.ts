import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FoundFile } from '../configuration/find-files.ts';
import { type GuardedCommand, guardedCommand } from '../configuration/guarded-command.ts';
import { entriesOf, readTree, type ServerEntry } from '../configuration/server-entries.ts';
import { type CommandLaunch, launchOf, type UrlLaunch } from '../configuration/server-launch.ts';
import type { OpenConnections } from '../doctor/examine.ts';
import { whyNotUrl } from './ask-url.ts';
import type { Disk, Launcher } from './launcher.ts';
import { nameIn, type ServerNames } from './server-names.ts';
import { flagsForHeaders } from './wrap-entry.ts';
import type { ConfigurationText, Decide } from './wrap-text.ts';

export interface DecideOptions {
  readonly launcher: Launcher;
  readonly names: ServerNames;
  /** The options of the proxy that were asked for; undefined if none were: servers that have some keep theirs. */
  readonly flags: readonly string[] | undefined;
  /** The folder for the states of circuits; undefined where they are not kept. */
  readonly stateFolder: string | undefined;
  /** The servers that are meant, by their names; all if there are none. */
  readonly only: readonly string[];
  readonly isOffline: boolean;
  readonly open: OpenConnections;
  readonly disk: Disk;
  /** What was found out about URLs, for a file that is read again. */
  readonly asked: Map<string, string | undefined>;
}

/** Decides about each server of a file. Servers with a URL are asked whether they want a sign-in. */
export async function decideFor(
  { text, kind, language }: ConfigurationText,
  file: FoundFile,
  options: DecideOptions,
): Promise<Decide> {
  const { launcher, names, flags, stateFolder, only, asked, disk } = options;
  const isMeant = ({ name }: ServerEntry): boolean => only.length === 0 || only.includes(name);
  await Promise.all(
    entriesOf(readTree(text, language), kind).map(async (entry) => {
      const launch = launchOf(entry, kind);
      const known = launch.how === 'command' ? guardedCommand(launch.words) : undefined;
      names.take(nameIn(known?.flags ?? []));
      if (launch.how !== 'url' || !isMeant(entry) || asked.has(keyOf(launch))) return;
      asked.set(keyOf(launch), await whyNotUrl(launch, options));
    }),
  );
  const more = (name: string): string[] =>
    stateFolder === undefined ? [] : ['--state', join(stateFolder, stateName(name))];
  return (entry, guarded) => {
    if (!isMeant(entry)) return { why: 'it was not named' };
    if (entry.isDouble)
      return { why: 'there are two servers of this name here, and clients differ in which one they take' };
    const launch = launchOf(entry, kind);
    if (launch.how === 'none') return { why: launch.why };
    if (guarded !== undefined) return renewed(entry, guarded);
    const why = launch.how === 'url' ? asked.get(keyOf(launch)) : whyNotCommand(launch, disk);
    if (why !== undefined) return { why };
    const name = names.nameOf(entry, file);
    const ofHeaders = launch.how === 'url' ? flagsForHeaders(launch) : [];
    return {
      launcher: launcher.words,
      flags: ['--name', name, ...(flags ?? []), ...more(name), ...ofHeaders],
    };
  };

  /** A server that is guarded keeps its options, unless others are asked for, and gets the toolfuse that is installed now. */
  function renewed(entry: ServerEntry, guarded: GuardedCommand): ReturnType<Decide> {
    const known = nameIn(guarded.flags);
    const name = known ?? names.nameOf(entry, file);
    const words = keeps(guarded, options) ? guarded.launcher : launcher.words;
    if (flags === undefined && stateFolder === undefined) {
      return {
        launcher: words,
        flags: known === undefined ? ['--name', name, ...guarded.flags] : guarded.flags,
      };
    }
    return {
      launcher: words,
      flags: ['--name', name, ...(flags ?? []), ...more(name), ...ofHeaders(guarded)],
    };
  }
}

/** What the answer of a server with a URL can depend on. */
const keyOf = ({ address, headerValues, tokenVariable, isOff }: UrlLaunch): string =>
  JSON.stringify([address, headerValues, tokenVariable !== undefined, isOff]);

/** The options by which a server with a URL gets its headers. */
const ofHeaders = ({ flags }: GuardedCommand): string[] =>
  flags.flatMap((flag, index) =>
    /^--(?:url|header|header-env)$/.test(flag) ? [flag, flags[index + 1] ?? ''] : [],
  );

/** Whether a server keeps what starts toolfuse: npx is no improvement on a toolfuse that is there. */
const keeps = ({ launcher }: GuardedCommand, { launcher: own, disk }: DecideOptions): boolean =>
  own.isNpx && launcher[0] !== 'npx' && launcher.every((word) => !/[\\/]/.test(word) || disk.exists(word));

/** Why the proxy cannot start a command that its client can. */
function whyNotCommand({ words }: CommandLaunch, { exists }: Disk): string | undefined {
  const [program = ''] = words;
  if (program.trim() === '') return 'its command is empty';
  if (program.startsWith('~'))
    return 'its command begins with ~, which no program expands; write the whole path';
  if (/\s/.test(program) && !exists(program) && !/^(?:[A-Za-z]:)?[\\/]/.test(program)) {
    return 'its command is a whole line; put each further word into args';
  }
  return undefined;
}

/** The name of a file of states: that of the server where it can be one, and a hash, so that no two are equal. */
const stateName = (name: string): string =>
  `${name.replace(/[^\w.@-]+/g, '-')}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}.json`;
