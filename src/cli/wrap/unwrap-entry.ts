import type { ClientKind } from '../configuration/client-kinds.ts';
import { type Edit, editedPart } from '../configuration/edits.ts';
import { type GuardedCommand, guardedCommand } from '../configuration/guarded-command.ts';
import type { ServerEntry } from '../configuration/server-entries.ts';
import { type CommandLaunch, launchOf } from '../configuration/server-launch.ts';
import type { List, Place, TextTree } from '../configuration/text-tree.ts';
import { keepsAddress, type Unclear, unwrapUrl } from './unwrap-url.ts';
import { type Guard, wrapCommand, wrapUrl } from './wrap-entry.ts';

/** A server behind the proxy. */
export interface GuardedEntry {
  readonly entry: ServerEntry;
  readonly launch: CommandLaunch;
  readonly guarded: GuardedCommand;
}

/** A server, if the proxy stands before it already. */
export function guardedEntry(entry: ServerEntry, kind: ClientKind): GuardedEntry | undefined {
  const launch = launchOf(entry, kind);
  if (launch.how !== 'command') return undefined;
  const guarded = guardedCommand(launch.words);
  return guarded && { entry, launch, guarded };
}

/** The same server in the file as it was before the proxy. */
export interface Before {
  readonly tree: TextTree;
  readonly entry: ServerEntry;
}

/** The edits that put a server into the place of that server with the proxy; undefined for any other server. */
export function wrapEdits(
  tree: TextTree,
  entry: ServerEntry,
  guard: Guard,
  kind: ClientKind,
): Edit[] | undefined {
  const launch = launchOf(entry, kind);
  if (launch.how === 'command') return wrapCommand(tree, launch, guard);
  return launch.how === 'url' ? wrapUrl(tree, launch, guard, kind) : undefined;
}

/**
 * The edits that take the proxy away again, or why it is not clear what the server would be without it.
 *
 * Where the server is as it was written, it is put back as it was, to the last character. Where its user, or its client, has changed it
 * since, the words of the proxy are taken out of its command, or its URL is put back with the changes.
 */
export function unwrapEdits(
  tree: TextTree,
  { entry, launch, guarded }: GuardedEntry,
  kind: ClientKind,
  before: Before | undefined,
): Edit[] | Unclear {
  if (before !== undefined) {
    const old = launchOf(before.entry, kind);
    const edits = wrapEdits(before.tree, before.entry, guarded, kind);
    const was = before.entry.table.parts;
    const is = entry.table.parts;
    const isAsWritten =
      edits !== undefined &&
      (old.how !== 'url' || keepsAddress(guarded, old)) &&
      was.length === is.length &&
      was.every((part, index) => editedPart(before.tree.text, part, edits) === slice(tree, is[index]));
    if (isAsWritten)
      return is.map((part, index) => ({ ...placeOf(part), text: slice(before.tree, was[index]) }));
  }
  if (guarded.server.length > 0)
    return takeOut(tree, launch, guarded) ?? { why: 'its command is not a list of words' };
  // A command that its user has put before a URL by hand is its own copy.
  if (before === undefined || guardedEntry(before.entry, kind) !== undefined) return { why: noCopy };
  return unwrapUrl(tree, { entry, launch, guarded }, kind, before);
}

const noCopy = 'it stands for a URL, and there is no copy of what was there';

const placeOf = ({ start, end }: Place): Place => ({ start, end });
const slice = ({ text }: TextTree, place: Place | undefined): string =>
  place === undefined ? '' : text.slice(place.start, place.end);

/** Takes the words of the proxy out of a command. */
function takeOut(
  tree: TextTree,
  { command, args }: CommandLaunch,
  { launcher, flags }: GuardedCommand,
): Edit[] | undefined {
  // With the two dashes.
  const ofProxy = launcher.length + flags.length + 1;
  if (command.value.kind === 'list') return [withoutFirst(tree, command.value, ofProxy)];
  if (args?.value.kind !== 'list') return undefined;
  // The first of its words is the command itself, and the server's own command comes next.
  const own = args.value.items[ofProxy - 1];
  if (own === undefined) return undefined;
  return [
    { ...placeOf(command.value), text: slice(tree, own.value) },
    withoutFirst(tree, args.value, ofProxy),
  ];
}

/** Removes the first items of a list, with what separates them from the next one. */
function withoutFirst({ text }: TextTree, { items, isBlock, start }: List, count: number): Edit {
  const first = items[0];
  const next = items[count];
  const last = items[Math.min(count, items.length) - 1];
  if (first === undefined || last === undefined) return { start, end: start, text: '' };
  const from = isBlock ? first.dash : first.value.start;
  if (next !== undefined) return { start: from, end: isBlock ? next.dash : next.value.start, text: '' };
  const [comma = ''] = isBlock ? [] : (/^\s*,/.exec(text.slice(last.value.end)) ?? []);
  return { start: from, end: last.value.end + comma.length, text: isBlock ? '[]' : '' };
}
