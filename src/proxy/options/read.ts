import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../../cli/command.ts';
import {
  callSettings,
  circuitSettings,
  flagOf,
  type OwnSettings,
  type Setting,
  type SettingName,
  type SettingValues,
  settings,
  variableOf,
} from './settings.ts';

/** What was asked of the proxy, from all sources. */
export interface ProxyOptions extends SettingValues {
  /** The server's command and its arguments; empty where it has a URL. */
  readonly command: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, OwnSettings>>;
  readonly server: OwnSettings;
  readonly help: boolean;
  /** Show what running proxies have to tell, and end. */
  readonly status: boolean;
  readonly json: boolean;
  readonly inspect: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, Setting>>;
type Drafts = Record<string, Record<string, unknown>>;

const ownTable: Table = { ...circuitSettings, ...callSettings };
const settingTable: Table = settings;

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** The setting that a name or a flag's name stands for. */
const settingNamed = (table: Table, name: string): string | undefined =>
  Object.keys(table).find((each) => each === name || flagOf(each) === name);

function checked(where: string, { kind }: Setting, value: unknown, isText: boolean): unknown {
  const read = isText ? kind.fromText(String(value)) : kind.fromJson(value);
  if (read === undefined) throw new UsageError(`${where} must be ${kind.must}, got ${show(value)}`);
  return read;
}

/**
 * Reads the options of `toolfuse mcp`: flags win over the environment, that over the configuration file.
 *
 * @throws UsageError that names the option and the value.
 */
export function readOptions(args: readonly string[], environment: Environment): ProxyOptions {
  const separator = args.indexOf('--');
  const flags = parseFlags(separator === -1 ? args : args.slice(0, separator));
  const file = flags.config ?? environment.TOOLFUSE_CONFIG;
  const config = file === undefined ? noConfig : readConfig(file);
  const values: Record<string, unknown> = { ...config.values };
  for (const [name, setting] of Object.entries(settingTable)) {
    const variable = environment[variableOf(name)];
    if (variable !== undefined && variable !== '') {
      values[name] = checked(variableOf(name), setting, variable, true);
    }
    const flag = flags.settings[name];
    if (flag === true) values[name] = true;
    else if (flag !== undefined) values[name] = checked(`--${flagOf(name)}`, setting, flag, true);
  }
  const tools: Drafts = { ...config.tools };
  for (const each of flags.tool) readToolFlag(each, tools);
  const server: Record<string, unknown> = { ...config.server };
  for (const each of flags.server) {
    const [key, value] = cut(each, '=', `--server ${show(each)} must be KEY=VALUE`);
    readOwn(server, `--server ${key}`, key, value, true);
  }
  return {
    ...(values as SettingValues),
    command: separator === -1 ? config.command : args.slice(separator + 1),
    headers: expandAll({ ...config.headers, ...headersOf(flags.header) }, environment),
    tools: tools as Record<string, OwnSettings>,
    server: server as OwnSettings,
    help: flags.help,
    status: flags.status,
    json: flags.json,
    inspect: flags.inspect,
  };
}

interface Flags {
  readonly settings: Readonly<Record<string, string | true | undefined>>;
  readonly config: string | undefined;
  readonly tool: readonly string[];
  readonly server: readonly string[];
  readonly header: readonly string[];
  readonly help: boolean;
  readonly status: boolean;
  readonly json: boolean;
  readonly inspect: boolean;
}

function parseFlags(args: readonly string[]): Flags {
  const isSwitch = (setting: Setting): boolean => setting.kind.placeholder === undefined;
  const single = Object.entries(settingTable).map(
    ([name, setting]) => [flagOf(name), { type: isSwitch(setting) ? 'boolean' : 'string' }] as const,
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(single),
        config: { type: 'string' },
        tool: { type: 'string', multiple: true },
        server: { type: 'string', multiple: true },
        header: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        status: { type: 'boolean' },
        json: { type: 'boolean' },
        inspect: { type: 'boolean' },
      },
    });
    const given = values as Readonly<Record<string, string | true | undefined>>;
    return {
      settings: Object.fromEntries(Object.keys(settingTable).map((name) => [name, given[flagOf(name)]])),
      config: values.config,
      tool: values.tool ?? [],
      server: values.server ?? [],
      header: values.header ?? [],
      help: values.help ?? false,
      status: values.status ?? false,
      json: values.json ?? false,
      inspect: values.inspect ?? false,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      const [, word] = /'(.*?)'/.exec(message) ?? [];
      throw new UsageError(
        `${show(word)} is no option; the server's command comes behind --, as in: toolfuse mcp -- npx -y some-server`,
      );
    }
    if (code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(message.split('. ')[0] ?? message);
    throw error;
  }
}

function cut(
  text: string,
  at: string,
  complaint: string,
  from: 'first' | 'last' = 'first',
): [string, string] {
  const index = from === 'first' ? text.indexOf(at) : text.lastIndexOf(at);
  if (index < 1) throw new UsageError(complaint);
  return [text.slice(0, index), text.slice(index + 1)];
}

function readToolFlag(flag: string, tools: Drafts): void {
  const complaint = `--tool ${show(flag)} must be NAME:KEY=VALUE`;
  const [left, value] = cut(flag, '=', complaint);
  const [tool, key] = cut(left, ':', complaint, 'last');
  tools[tool] = { ...tools[tool] };
  readOwn(tools[tool], `--tool ${tool}:${key}`, key, value, true);
}

/** Reads one setting of a tool or of the server. */
function readOwn(
  draft: Record<string, unknown>,
  where: string,
  key: string,
  value: unknown,
  isText: boolean,
): void {
  if (key === 'alternatives') {
    draft.alternatives = isText ? String(value).split(',') : value;
    if (Array.isArray(draft.alternatives) && draft.alternatives.every((each) => typeof each === 'string'))
      return;
    throw new UsageError(`${where} must be a list of tool names, got ${show(value)}`);
  }
  const name = settingNamed(ownTable, key);
  const setting = name === undefined ? undefined : ownTable[name];
  if (name === undefined || setting === undefined) {
    const names = [...Object.keys(ownTable), 'alternatives'].join(', ');
    throw new UsageError(`${where} is no setting; there are ${names}`);
  }
  draft[name] = checked(where, setting, value, isText);
}

function headersOf(flags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    flags.map((flag) => {
      const [name, value] = cut(flag, ':', `--header ${show(flag)} must be 'NAME: VALUE'`);
      return [name.trim(), value.trim()];
    }),
  );
}

/** Puts the environment's values where `${NAME}` stands, so that no secret has to be written down. */
function expandAll(headers: Record<string, string>, environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [
      header,
      value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
        const found = environment[name];
        if (found === undefined) {
          throw new UsageError(`header ${header} needs the environment variable ${name}, which is not set`);
        }
        return found;
      }),
    ]),
  );
}

interface Config {
  readonly values: Readonly<Record<string, unknown>>;
  readonly command: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tools: Drafts;
  readonly server: Readonly<Record<string, unknown>>;
}

const noConfig: Config = { values: {}, command: [], headers: {}, tools: {}, server: {} };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readConfig(file: string): Config {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config ${show(file)} cannot be read: ${(error as Error).message}`);
  }
  if (!isObject(given))
    throw new UsageError(`--config ${show(file)} must hold a JSON object, got ${show(given)}`);
  const { $schema: _, command = [], headers = {}, tools = {}, server = {}, ...rest } = given;
  const where = (name: string): string => `${file}: ${name}`;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    const setting = settingTable[name as SettingName];
    if (setting === undefined) throw new UsageError(`${where(name)} is no setting; see toolfuse mcp --help`);
    values[name] = checked(where(name), setting, value, false);
  }
  if (!(Array.isArray(command) && command.every((word) => typeof word === 'string'))) {
    throw new UsageError(`${where('command')} must be a list of words, got ${show(command)}`);
  }
  if (!(isObject(headers) && Object.values(headers).every((value) => typeof value === 'string'))) {
    throw new UsageError(`${where('headers')} must be an object of texts, got ${show(headers)}`);
  }
  return {
    values,
    command,
    headers: headers as Record<string, string>,
    tools: ownOf(tools, where('tools')),
    server: ownOf({ server }, where('server')).server ?? {},
  };
}

function ownOf(given: unknown, where: string): Drafts {
  if (!isObject(given)) throw new UsageError(`${where} must be an object, got ${show(given)}`);
  const drafts: Drafts = {};
  for (const [name, own] of Object.entries(given)) {
    if (!isObject(own)) throw new UsageError(`${where}.${name} must be an object, got ${show(own)}`);
    const draft: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(own))
      readOwn(draft, `${where}.${name}.${key}`, key, value, false);
    drafts[name] = draft;
  }
  return drafts;
}
