import type { ClientKind } from './client-kinds.ts';
import type { ServerEntry } from './server-entries.ts';
import { type List, type Member, memberOf, plain, type Table, textOf } from './text-tree.ts';

/** How a client starts a server, or reaches it. */
export type Launch = CommandLaunch | UrlLaunch | NoLaunch;

interface Common {
  /** Whether the client has it switched off. */
  readonly isOff: boolean;
}

export interface CommandLaunch extends Common {
  readonly how: 'command';
  /** The table that holds the command. */
  readonly table: Table;
  /** The command; where it is a list, with its arguments. */
  readonly command: Member;
  /** Undefined where there are none, or the command has them. */
  readonly args: Member | undefined;
  /** The command and its arguments. */
  readonly words: readonly string[];
  /** The variables that the client gives it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that the client starts it in. */
  readonly folder: string | undefined;
  /** A file with further variables. */
  readonly environmentFile: string | undefined;
}

export interface UrlLaunch extends Common {
  readonly how: 'url';
  readonly table: Table;
  readonly url: Member;
  readonly address: string;
  readonly type: Member | undefined;
  readonly headers: Member | undefined;
  readonly headerValues: Readonly<Record<string, string>>;
  /** The variable that holds a bearer token, in Codex. */
  readonly tokenVariable: Member | undefined;
}

/** What the proxy cannot stand in front of. */
interface NoLaunch extends Common {
  readonly how: 'none';
  readonly why: string;
}

const isList = (member: Member): member is Member & { value: List } => member.value.kind === 'list';

/** The texts of a list; undefined if it holds something else. Numbers count as texts, as clients take them. */
function wordsOf(member: Member): string[] | undefined {
  if (!isList(member)) return undefined;
  const values = member.value.items.map(({ value }) => plain(value));
  if (!values.every((value) => typeof value === 'string' || typeof value === 'number')) return undefined;
  return values.map(String);
}

/** A table of texts; undefined if the member holds something else. */
function textsOf(member: Member | undefined): Record<string, string> | undefined {
  if (member === undefined) return {};
  if (member.value.kind !== 'table') return undefined;
  const values = Object.entries(plain(member.value) as Record<string, unknown>);
  if (!values.every(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))) return undefined;
  return Object.fromEntries(values.map(([key, value]) => [key, String(value)]));
}

/** Reads how the client starts a server. */
export function launchOf({ table }: ServerEntry, kind: ClientKind): Launch {
  const off = memberOf(table, 'disabled');
  const on = memberOf(table, 'enabled');
  const isOff =
    (off !== undefined && plain(off.value) === true) || (on !== undefined && plain(on.value) === false);
  const none = (why: string): NoLaunch => ({ how: 'none', why, isOff });
  const command = memberOf(table, 'command');
  if (command?.value.kind === 'table') return commandIn(command.value, 'path', isOff) ?? none(strange);
  if (command !== undefined) return commandIn(table, 'command', isOff) ?? none(strange);
  const url = ['httpUrl', 'serverUrl', 'url'].map((key) => memberOf(table, key)).find((each) => each);
  if (url !== undefined) return urlIn(table, url, kind, isOff);
  if (textOf(table, 'source') === 'extension') return none('it is started by an extension of the client');
  if (textOf(table, 'uses') !== undefined) return none('it is a block that is defined elsewhere');
  return none('it has neither a command nor a URL');
}

const strange = 'its command or its arguments are no texts';

function commandIn(table: Table, key: string, isOff: boolean): CommandLaunch | undefined {
  const command = memberOf(table, key);
  if (command === undefined || twice(table, [key, 'args'])) return undefined;
  const args = memberOf(table, 'args');
  const own = args === undefined ? [] : wordsOf(args);
  const first = isList(command) ? wordsOf(command) : [textOf(table, key)];
  if (own === undefined || first === undefined) return undefined;
  const words = [...first, ...own].filter((word) => word !== undefined);
  if (words.length !== first.length + own.length || words.length === 0) return undefined;
  const environment = textsOf(memberOf(table, 'env') ?? memberOf(table, 'environment'));
  return {
    how: 'command',
    isOff,
    table,
    command,
    args,
    words,
    environment: environment ?? {},
    folder: textOf(table, 'cwd'),
    environmentFile: textOf(table, 'envFile'),
  };
}

/** Whether one of the keys is there twice. */
const twice = ({ members }: Table, keys: readonly string[]): boolean =>
  keys.some((key) => members.filter((member) => member.key === key).length > 1);

/** Fields that ask for a sign-in, or for something else that only the client can do. */
const ofClient: Readonly<Record<string, string>> = {
  oauth: 'it signs in with OAuth, which is the part of the client',
  auth: 'it signs in with OAuth, which is the part of the client',
  authProviderType: 'it signs in with OAuth, which is the part of the client',
  scopes: 'it signs in with OAuth, which is the part of the client',
  oauth_resource: 'it signs in with OAuth, which is the part of the client',
  headersHelper: 'its headers come from a program that only the client starts',
  requestOptions: 'its headers stand in requestOptions, which a command does not have',
  apiKey: 'its key stands in apiKey, which a command does not have',
  env_http_headers: 'its headers come from variables, which this command cannot hand on',
};

const oldTransport =
  'it speaks HTTP+SSE, the transport before Streamable HTTP, which the proxy does not speak';

function urlIn(table: Table, url: Member, kind: ClientKind, isOff: boolean): Launch {
  const none = (why: string): NoLaunch => ({ how: 'none', why, isOff });
  const address = url.value.kind === 'scalar' ? url.value.value : undefined;
  if (typeof address !== 'string') return none('its URL is no text');
  if (kind.noUrls !== undefined) return none(kind.noUrls);
  const type = textOf(table, 'type') ?? textOf(table, 'transport');
  if (type === 'sse') return none(oldTransport);
  // Gemini CLI means the old transport by this key, unless the type says otherwise.
  if (kind.id === 'gemini' && url.key === 'url' && type === undefined) return none(oldTransport);
  if (type !== undefined && !/^(?:(?:streamable[-_]?)?http|remote|stdio)$/i.test(type))
    return none(`its type ${JSON.stringify(type)} is not known`);
  for (const [key, why] of Object.entries(ofClient)) {
    const member = memberOf(table, key);
    if (member !== undefined && ![false, null].includes(plain(member.value) as never)) return none(why);
  }
  const headers = memberOf(table, 'headers') ?? memberOf(table, 'http_headers');
  const headerValues = textsOf(headers);
  if (headerValues === undefined) return none('its headers are no texts');
  if (memberOf(table, 'env') !== undefined || memberOf(table, 'environment') !== undefined)
    return none('it has both a URL and variables for a command');
  if (twice(table, [url.key, 'headers', 'type'])) return none('one of its fields is there twice');
  return {
    how: 'url',
    isOff,
    table,
    url,
    address,
    type: memberOf(table, 'type') ?? memberOf(table, 'transport'),
    headers,
    headerValues,
    tokenVariable: memberOf(table, 'bearer_token_env_var'),
  };
}
