import { isDeepStrictEqual } from 'node:util';
import type { ClientKind } from '../configuration/client-kinds.ts';
import { type Edit, editedPart } from '../configuration/edits.ts';
import type { GuardedCommand } from '../configuration/guarded-command.ts';
import { type CommandLaunch, launchOf, type UrlLaunch } from '../configuration/server-launch.ts';
import { type Member, memberOf, plain, type Table, type TextTree } from '../configuration/text-tree.ts';
import { TableWriter } from './table-writer.ts';
import type { Before, GuardedEntry } from './unwrap-entry.ts';
import { flagsForHeaders, urlVariable, variablesByHeader, variablesOf } from './wrap-entry.ts';

/** Why a server cannot be given back. */
export interface Unclear {
  readonly why: string;
}

/** The members that a command has and a URL does not, and those of a URL that `wrap` has changed. */
const ofCommand = ['command', 'args', 'env', 'environment', 'env_vars', 'type', 'transport'];
const ofUrl = ['headers', 'http_headers', 'bearer_token_env_var', 'type', 'transport'];

/** Variables that only the proxy reads: they go with it. */
const ofProxy = /^(?:(?:https?|all|no)_proxy|NODE_\w+|TOOLFUSE_\w+)$/i;

/**
 * The edits that make a URL again of the command that it was, with what its user has changed since: its URL, the values of its headers,
 * and whatever `wrap` has not written. All of that is written into the text of before, so that its comments and its order come back.
 */
export function unwrapUrl(
  tree: TextTree,
  { entry, launch, guarded }: GuardedEntry,
  kind: ClientKind,
  before: Before,
): Edit[] | Unclear {
  const was = launchOf(before.entry, kind);
  if (was.how !== 'url') return { why: `it was a command before, and has none after its --` };
  if (!keepsAddress(guarded, was))
    return { why: 'the options by which the proxy gets its URL and its headers were changed' };
  const strange = Object.keys(launch.environment).find(
    (name) => !Object.hasOwn(variablesOf(was), name) && !ofProxy.test(name),
  );
  if (strange !== undefined) return { why: `it was given a variable, ${strange}, which a URL cannot have` };
  if (launch.environment[urlVariable] === undefined) return { why: `its ${urlVariable} is gone` };
  const parts = entry.table.parts;
  const edits = [
    ...editsOfValues(tree, launch, was, before),
    ...editsOfOthers(tree, entry.table, was, before),
  ];
  if (parts.length !== was.table.parts.length) return { why: 'it is divided into other parts than before' };
  return parts.map(({ start, end }, index) => {
    const part = was.table.parts[index] ?? was.table;
    return { start, end, text: editedPart(before.tree.text, part, edits) };
  });
}

/** Whether the proxy gets the URL and the headers by the options that `wrap` has given it, and by no others. */
export const keepsAddress = ({ flags }: GuardedCommand, was: UrlLaunch): boolean =>
  isDeepStrictEqual(ofAddress(flags), ofAddress(flagsForHeaders(was)));

/** The options that say where the server is, and what is sent to it. */
const ofAddress = (flags: readonly string[]): string[] =>
  flags.flatMap((flag, index) =>
    /^--(?:url|header|header-env)$/.test(flag) ? [flag, flags[index + 1] ?? ''] : [],
  );

/** Puts changed values of the URL and of the headers where they stood. */
function editsOfValues(tree: TextTree, launch: CommandLaunch, was: UrlLaunch, before: Before): Edit[] {
  const variables = memberOf(launch.table, 'environment') ?? memberOf(launch.table, 'env');
  const given = variables?.value.kind === 'table' ? variables.value : undefined;
  const headers = was.headers?.value.kind === 'table' ? was.headers.value : undefined;
  const writer = new TableWriter(tree, launch.table);
  const names = variablesByHeader(Object.keys(was.headerValues));
  const gone: Member[] = [];
  const pairs = (headers?.members ?? []).flatMap((member) => {
    const now = given && memberOf(given, names.get(member.key) ?? '');
    if (now !== undefined) return [[member, now] as const];
    gone.push(member);
    return [];
  });
  const url = given && memberOf(given, urlVariable);
  return [...(url === undefined ? [] : [[was.url, url] as const]), ...pairs]
    .filter(([old, now]) => String(plain(old.value)) !== String(plain(now.value)))
    .map(
      ([
        {
          value: { start, end },
        },
        now,
      ]) => ({ start, end, text: writer.moved(now) }),
    )
    .concat(headers === undefined ? [] : new TableWriter(before.tree, headers).remove(...gone));
}

/** Puts whatever else was added or changed where it belongs, and takes out what was removed. */
function editsOfOthers(tree: TextTree, now: Table, was: UrlLaunch, before: Before): Edit[] {
  const writer = new TableWriter(before.tree, was.table);
  const raw = ({ start, end }: { readonly start: number; readonly end: number }): string =>
    tree.text.slice(start, end);
  const isOther = ({ key }: Member): boolean => !ofCommand.includes(key);
  const isOwn = ({ key }: Member): boolean => key === was.url.key || ofUrl.includes(key) || key === 'oauth';
  const edits: Edit[] = [];
  for (const member of now.members.filter(isOther)) {
    const old = memberOf(was.table, member.key);
    if (old === undefined) edits.push(writer.append(raw({ start: member.start, end: member.value.end })));
    else if (!isDeepStrictEqual(plain(old.value), plain(member.value)))
      edits.push({ start: old.value.start, end: old.value.end, text: raw(member.value) });
  }
  const gone = was.table.members.filter(
    (member) => !isOwn(member) && memberOf(now, member.key) === undefined,
  );
  return [...edits, ...writer.remove(...gone)];
}
