import { isDeepStrictEqual } from 'node:util';
import type { ClientKind, Language } from '../configuration/client-kinds.ts';
import { type Edit, edited } from '../configuration/edits.ts';
import type { GuardedCommand } from '../configuration/guarded-command.ts';
import { entriesOf, readTree, type ServerEntry } from '../configuration/server-entries.ts';
import { launchOf } from '../configuration/server-launch.ts';
import { plain, type TextTree } from '../configuration/text-tree.ts';
import { type GuardedEntry, guardedEntry, unwrapEdits, wrapEdits } from './unwrap-entry.ts';
import { type Guard, variablesOf } from './wrap-entry.ts';

/** The text of a configuration file. */
export interface ConfigurationText {
  readonly text: string;
  readonly kind: ClientKind;
  readonly language: Language;
  /** The text without the proxy, as it was when it was wrapped last. */
  readonly backup?: string | undefined;
}

/** What became of a server. */
export interface Outcome {
  readonly entry: ServerEntry;
  readonly did: 'wrapped' | 'renewed' | 'already' | 'unwrapped' | 'left';
  /** Why it was left as it is. */
  readonly why?: string;
}

export interface ChangedText {
  readonly text: string;
  /** The text without the proxy: what `unwrap` gives back. */
  readonly without: string;
  readonly outcomes: readonly Outcome[];
}

/** What is to become of a server: what to put before it, or why nothing. `guarded` is what stands there already. */
export type Decide = (
  entry: ServerEntry,
  guarded: GuardedCommand | undefined,
) => Guard | { readonly why: string };

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((word, index) => word === other[index]);

/**
 * Puts the proxy before the servers of a configuration.
 *
 * @throws BrokenFile for a text that cannot be understood.
 */
export function wrapText(configuration: ConfigurationText, decide: Decide): ChangedText {
  const { kind, language } = configuration;
  const before = readTree(configuration.text, language);
  const guards = new Map<string, Guard>();
  const renewed = new Set<string>();
  const outcomes = new Map<string, Outcome>();
  for (const entry of entriesOf(before, kind)) {
    const guarded = guardedEntry(entry, kind)?.guarded;
    const decision = decide(entry, guarded);
    if ('why' in decision) outcomes.set(entry.id, { entry, did: 'left', why: decision.why });
    else if (isReferred(before, entry)) outcomes.set(entry.id, { entry, did: 'left', why: referred });
    else if (guarded === undefined) guards.set(entry.id, decision);
    else if (same(guarded.launcher, decision.launcher) && same(guarded.flags, decision.flags))
      outcomes.set(entry.id, { entry, did: 'already' });
    else {
      guards.set(entry.id, decision);
      renewed.add(entry.id);
    }
  }
  const bare = withoutProxy(configuration, (entry) => renewed.has(entry.id));
  for (const { entry, did, why } of bare.outcomes) {
    if (did !== 'left' || !renewed.has(entry.id)) continue;
    guards.delete(entry.id);
    outcomes.set(entry.id, { entry, did, why: why ?? '' });
  }
  const tree = readTree(bare.text, language);
  const entries = entriesOf(tree, kind).filter(({ id }) => guards.has(id));
  const without = withoutProxy(configuration, () => true).text;
  const attempt = (some: readonly ServerEntry[]): string | undefined => {
    try {
      const edits = some.flatMap((entry) => {
        const guard = guards.get(entry.id);
        return (guard && wrapEdits(tree, entry, guard, kind)) ?? [];
      });
      const text = edited(bare.text, edits);
      return isSound({ ...configuration, text, backup: without }, some, guards) ? text : undefined;
    } catch {
      return undefined;
    }
  };
  let text = attempt(entries);
  let done = entries;
  if (text === undefined) {
    // One by one, so that a single strange server keeps no other from being guarded.
    done = [];
    text = bare.text;
    for (const entry of entries) {
      const next = attempt([...done, entry]);
      if (next === undefined) outcomes.set(entry.id, { entry, did: 'left', why: unsafe });
      else {
        text = next;
        done = [...done, entry];
      }
    }
  }
  for (const entry of done) {
    outcomes.set(entry.id, { entry, did: renewed.has(entry.id) ? 'renewed' : 'wrapped' });
  }
  const order = entriesOf(before, kind).map(({ id }) => id);
  return { text, without, outcomes: order.flatMap((id) => outcomes.get(id) ?? []) };
}

const referred = 'another place of the file refers to it';
const unsafe = 'it is written in a way that cannot be changed safely';

const isReferred = ({ references }: TextTree, { table }: ServerEntry): boolean =>
  references.some(({ start, end }) => start < table.end && end > table.start);

/** Whether a text that was wrapped says what it should, and gives back what was there before. @throws BrokenFile */
function isSound(
  configuration: ConfigurationText,
  entries: readonly ServerEntry[],
  guards: ReadonlyMap<string, Guard>,
): boolean {
  const { text, kind, language, backup } = configuration;
  const now = new Map(entriesOf(readTree(text, language), kind).map((entry) => [entry.id, entry]));
  const areAsMeant = entries.every((entry) => {
    const guard = guards.get(entry.id);
    const { guarded, launch } = guardedIn(now.get(entry.id), kind) ?? {};
    if (guard === undefined || guarded === undefined || launch === undefined) return false;
    if (!same(guarded.launcher, guard.launcher) || !same(guarded.flags, guard.flags)) return false;
    const was = launchOf(entry, kind);
    if (was.how === 'command') {
      return same(guarded.server, was.words) && isDeepStrictEqual(launch.environment, was.environment);
    }
    return was.how === 'url' && isDeepStrictEqual(launch.environment, variablesOf(was));
  });
  return areAsMeant && withoutProxy(configuration, () => true).text === backup;
}

const guardedIn = (entry: ServerEntry | undefined, kind: ClientKind): GuardedEntry | undefined =>
  entry && guardedEntry(entry, kind);

/**
 * Takes the proxy away from the servers of a configuration.
 *
 * @throws BrokenFile for a text that cannot be understood.
 */
export function unwrapText(configuration: ConfigurationText): ChangedText {
  const { text, outcomes } = withoutProxy(configuration, () => true);
  return { text, without: text, outcomes };
}

function withoutProxy(
  { text, kind, language, backup }: ConfigurationText,
  isMeant: (entry: ServerEntry) => boolean,
): { readonly text: string; readonly outcomes: readonly Outcome[] } {
  const tree = readTree(text, language);
  const old = backup === undefined ? undefined : treeOf(backup, language);
  const olds = new Map(old && entriesOf(old, kind).map((entry) => [entry.id, entry]));
  const edits: Edit[] = [];
  const outcomes: Outcome[] = [];
  for (const entry of entriesOf(tree, kind)) {
    const guarded = guardedEntry(entry, kind);
    if (guarded === undefined || !isMeant(entry)) continue;
    const before = olds.get(entry.id);
    const own = unwrapEdits(tree, guarded, kind, old && before && { tree: old, entry: before });
    if ('why' in own) outcomes.push({ entry, did: 'left', why: `${own.why}${fromCopy}` });
    else if (!leavesOthers(tree, entry, own, { kind, language }))
      outcomes.push({ entry, did: 'left', why: `it was changed in a way that cannot be undone${fromCopy}` });
    else {
      edits.push(...own);
      outcomes.push({ entry, did: 'unwrapped' });
    }
  }
  return { text: edited(text, edits), outcomes };
}

const fromCopy = ': take what was there from the copy, or write it anew';

/** Whether a text can still be read after the edits of one server, with the same other servers, and with that one without the proxy. */
function leavesOthers(
  tree: TextTree,
  entry: ServerEntry,
  edits: readonly Edit[],
  { kind, language }: Pick<ConfigurationText, 'kind' | 'language'>,
): boolean {
  const after = treeOf(edited(tree.text, edits), language);
  if (after === undefined) return false;
  const others = (each: TextTree): unknown[] =>
    entriesOf(each, kind)
      .filter(({ id }) => id !== entry.id)
      .map(({ id, table }) => [id, plain(table)]);
  const now = entriesOf(after, kind).find(({ id }) => id === entry.id);
  return (
    now !== undefined &&
    guardedEntry(now, kind) === undefined &&
    isDeepStrictEqual(others(after), others(tree))
  );
}

function treeOf(text: string, language: Language): TextTree | undefined {
  try {
    return readTree(text, language);
  } catch {
    return undefined;
  }
}
