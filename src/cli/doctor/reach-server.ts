import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type ProxyOptions, readOptions } from '../../proxy/options/read.ts';
import { CommandServer } from '../../proxy/server/command-server.ts';
import { Secrets } from '../../proxy/server/secrets.ts';
import type { Connect } from '../../proxy/server/server-connection.ts';
import { urlConnectorOf } from '../../proxy/server/url-connector.ts';
import type { GuardedCommand } from '../configuration/guarded-command.ts';
import type { CommandLaunch, UrlLaunch } from '../configuration/server-launch.ts';
import { plain } from '../configuration/text-tree.ts';
import { filled, type PlaceholderContext } from './placeholders.ts';

/** The longest message that is read, in bytes. */
const maxMessageBytes = 32 * 2 ** 20;

/** How much of what a server writes to its standard error is kept, in characters. */
const maxWords = 2_000;

/** A server that can be reached. */
export interface Reachable {
  readonly transport: 'stdio' | 'http';
  readonly connect: Connect;
  readonly secrets: Secrets;
  /** The last that it wrote to its standard error. */
  readonly lastWords: () => string;
  /** What starts it: `npx`. */
  readonly program: string;
}

/** A server that cannot be started as it is configured. */
export class WrongConfiguration extends Error {
  readonly advice: string | undefined;

  constructor(what: string, advice?: string) {
    super(what);
    this.advice = advice;
  }
}

/**
 * How to reach a server in the way in which its client would. Of one behind the proxy, the server itself; what starts the proxy is
 * only checked.
 *
 * @throws WrongConfiguration, UsageError, UnknownPlaceholder
 */
export function reach(
  launch: CommandLaunch | UrlLaunch,
  guarded: GuardedCommand | undefined,
  context: PlaceholderContext,
): Reachable {
  const fill = (text: string): string => filled(text, context);
  if (launch.how === 'url') {
    const { tokenVariable } = launch;
    const token = tokenVariable && String(plain(tokenVariable.value));
    const headers = {
      ...launch.headerValues,
      ...(token !== undefined && { Authorization: `Bearer \${${token}}` }),
    };
    const values = Object.entries(headers).map(([name, value]) => [name, fill(value)]);
    return reachUrl({ url: fill(launch.address), headers: Object.fromEntries(values) });
  }
  const own = Object.fromEntries(
    Object.entries(launch.environment).map(([name, value]) => [name, fill(value)]),
  );
  const environment = { ...context.environment, ...variablesIn(launch, fill, context), ...own };
  const folder = launch.folder === undefined ? undefined : resolve(context.folder, fill(launch.folder));
  if (folder !== undefined && !isFolder(folder)) throw new WrongConfiguration(`there is no folder ${folder}`);
  const words = (guarded === undefined ? launch.words : serverOf(guarded)).map(fill);
  if (guarded !== undefined && words.length === 0) return reachUrl(optionsOf(guarded, environment));
  if (guarded !== undefined) optionsOf(guarded, environment);
  return reachCommand(words, environment, { folder, secrets: own });
}

function serverOf({ launcher, server }: GuardedCommand): readonly string[] {
  for (const word of launcher) {
    if (!isAbsolute(word) || existsSync(word)) continue;
    throw new WrongConfiguration(
      `its client would start toolfuse by ${word}, which is not there any more`,
      'Run toolfuse mcp wrap again: it writes the path of the toolfuse that is installed now.',
    );
  }
  return server;
}

/** @throws UsageError for options that the proxy would refuse. */
const optionsOf = ({ flags, server }: GuardedCommand, environment: NodeJS.ProcessEnv): ProxyOptions =>
  readOptions(server.length === 0 ? flags : [...flags, '--', ...server], environment);

function variablesIn(
  { environmentFile }: CommandLaunch,
  fill: (text: string) => string,
  { folder }: PlaceholderContext,
): NodeJS.Dict<string> {
  if (environmentFile === undefined) return {};
  const path = resolve(folder, fill(environmentFile));
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new WrongConfiguration(`its envFile ${path} cannot be read: ${(error as Error).message}`);
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function reachUrl(options: Pick<ProxyOptions, 'url' | 'headers'>): Reachable {
  const { url = '', headers } = options;
  if (!URL.canParse(url)) throw new WrongConfiguration(`its URL ${JSON.stringify(url)} is none`);
  return {
    transport: 'http',
    connect: urlConnectorOf({ ...options, url }, maxMessageBytes),
    secrets: new Secrets(headers),
    lastWords: () => '',
    program: '',
  };
}

function reachCommand(
  [command = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  { folder, secrets }: { readonly folder: string | undefined; readonly secrets: Record<string, string> },
): Reachable {
  let words = '';
  const onErrorOutput = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-maxWords);
  };
  return {
    transport: 'stdio',
    connect: (events) => {
      words = '';
      const options = { command, args, maxMessageBytes, environment, onErrorOutput };
      return new CommandServer({ ...options, ...(folder !== undefined && { folder }) }, events);
    },
    secrets: new Secrets(secrets),
    lastWords: () => told(words).slice(-3).join(' / '),
    program: command.split(/[\\/]/).at(-1) ?? command,
  };
}

/** The lines that say something: not those of a stack, nor what Node.js says after one. */
const told = (words: string): string[] =>
  words
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:at .*[:)]\S*|Node\.js v[\d.]+|\^+|[{}]+)$/.test(line));
