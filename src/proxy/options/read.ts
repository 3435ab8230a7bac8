import { show } from '../../../machines/rule.ts';
import { noConfig, readConfig } from './config-file.ts';
import { cut } from './cut.ts';
import { type Flags, parseFlags } from './flags.ts';
import { expandHeaders, readHeaders } from './headers.ts';
import { checked, type Drafts, readOwn } from './own-settings.ts';
import {
  flagOf,
  type OwnSettings,
  type Setting,
  type SettingValues,
  settings,
  variableOf,
} from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The options of the proxy, collected from all sources. */
export interface ProxyOptions extends SettingValues {
  /** The server's command and its arguments; empty if it has a URL. */
  readonly command: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, OwnSettings>>;
  readonly server: OwnSettings;
  /** What failures look like that servers do not call so: a regular expression by the name of a tool; `*` for all. */
  readonly failurePatterns: Readonly<Record<string, string>>;
  readonly help: boolean;
  /** Print the status of running proxies, and exit. */
  readonly status: boolean;
  readonly json: boolean;
  /** Print the status again and again. */
  readonly watch: boolean;
  /** The key for changing circuits, from the environment alone: a command line can be read by every user. */
  readonly adminKey: string | undefined;
  /** Possible mistakes, in words. */
  readonly doubts: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const settingTable: Readonly<Record<string, Setting>> = settings;

/**
 * Reads the options of `toolfuse mcp`. Flags win over the environment, and the environment over the configuration file.
 *
 * @throws UsageError that names the option and the value.
 */
export function readOptions(args: readonly string[], environment: Environment): ProxyOptions {
  const separator = args.indexOf('--');
  const flags = parseFlags(separator === -1 ? args : args.slice(0, separator));
  checkQuestion(flags, separator !== -1);
  const variableNamed = (name: string): string | undefined => environment[name] || undefined;
  const file = flags.config ?? variableNamed('TOOLFUSE_CONFIG');
  const config = file === undefined ? noConfig : readConfig(file);
  const values: Record<string, unknown> = { ...config.values };
  for (const [name, setting] of Object.entries(settingTable)) {
    const variable = variableNamed(variableOf(name));
    if (variable !== undefined) values[name] = checked(variableOf(name), setting, variable, true);
    const flag = flags.settings[name];
    if (typeof flag === 'boolean') values[name] = flag;
    else if (flag !== undefined) values[name] = checked(`--${flagOf(name)}`, setting, flag, true);
  }
  const tools: Drafts = { ...config.tools };
  for (const each of flags.tool) readToolFlag(each, tools);
  const server: Record<string, unknown> = { ...config.server };
  for (const each of flags.server) {
    const [key, value] = cut(each, '=', `--server ${show(each)} must be KEY=VALUE`);
    readOwn(server, { owner: 'server', where: `--server ${key}`, key, value, isText: true });
  }
  const failurePatterns: Record<string, string> = { ...config.failurePatterns };
  for (const each of flags.failurePattern) {
    const [tool, pattern] = cut(each, '=', `--failure-pattern ${show(each)} must be TOOL=REGEX`);
    if (pattern === '') throw new UsageError(`--failure-pattern ${show(each)} must be TOOL=REGEX`);
    failurePatterns[tool] = pattern;
  }
  const { command, url } = firstServer([
    { command: separator === -1 ? [] : args.slice(separator + 1), url: flags.settings.url },
    { command: [], url: variableNamed(variableOf('url')) },
    { command: config.command, url: config.values.url },
  ]);
  // Headers that belong to an unused URL would be an error for a command.
  const isPassedOver = url === undefined && values.url !== undefined;
  if (isPassedOver) delete values.url;
  const headers = readHeaders(isPassedOver ? {} : config.headers, flags.header);
  return {
    ...(values as SettingValues),
    command,
    headers: expandHeaders(headers, environment),
    tools: tools as Record<string, OwnSettings>,
    server: server as OwnSettings,
    failurePatterns,
    help: flags.help,
    status: flags.status,
    json: flags.json,
    watch: flags.watch,
    adminKey: readAdminKey(variableNamed('TOOLFUSE_ADMIN_KEY')),
    doubts: doubtsOf(environment, readHeaders(config.headers, flags.header), values.tokenEnv),
  };
}

interface NamedServer {
  readonly command: readonly string[];
  readonly url: unknown;
}

/** The first source that names a server wins; sources are never mixed. */
const firstServer = (sources: readonly NamedServer[]): NamedServer =>
  sources.find(({ command, url }) => command.length > 0 || url !== undefined) ?? {
    command: [],
    url: undefined,
  };

/** @throws UsageError unless the flags ask clearly either for a proxy or for the status of proxies. */
function checkQuestion({ status, json, watch }: Flags, hasCommand: boolean): void {
  if (watch && !status) throw new UsageError('--watch needs --status');
  if (watch && json) throw new UsageError('--watch is for a terminal, and --json is not');
  if (json && !status) throw new UsageError('--json needs --status');
  if (status && hasCommand) throw new UsageError('--status shows all running proxies, and takes no server');
}

/** The shortest key that a user may choose, in characters. */
const minKeyLength = 16;

const variables = new Set([
  'TOOLFUSE_CONFIG',
  'TOOLFUSE_ADMIN_KEY',
  ...Object.keys(settings).map(variableOf),
]);

/** @throws UsageError for a key that could be guessed. It never shows the key. */
function readAdminKey(key: string | undefined): string | undefined {
  if (key !== undefined && (key.length < minKeyLength || /\s/.test(key))) {
    throw new UsageError(
      `TOOLFUSE_ADMIN_KEY must have at least ${minKeyLength} characters, none of them spaces`,
    );
  }
  return key;
}

/** Environment variables that look like settings, but are neither settings nor used by a header or as a key. */
const doubtsOf = (
  environment: Environment,
  headers: Readonly<Record<string, string>>,
  tokenEnv: unknown,
): string[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith('TOOLFUSE_') && !variables.has(name) && name !== tokenEnv)
    .filter(
      (name) =>
        !Object.values(headers).some(
          (value) => value.includes(`\${${name}}`) || value.includes(`\${env:${name}}`),
        ),
    )
    .map((name) => `${name} in the environment is not a setting; see toolfuse mcp --help`);

function readToolFlag(flag: string, tools: Drafts): void {
  const complaint = `--tool ${show(flag)} must be NAME:KEY=VALUE`;
  const [left, value] = cut(flag, '=', complaint);
  const [tool, key] = cut(left, ':', complaint, 'last');
  tools[tool] = { ...tools[tool] };
  readOwn(tools[tool], { owner: 'tool', where: `--tool ${tool}:${key}`, key, value, isText: true });
}
