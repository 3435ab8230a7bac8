import { shownUrl } from '../../proxy/server/secrets.ts';
import { visible } from '../../proxy/visible.ts';
import type { ClientKind, Language } from '../configuration/client-kinds.ts';
import { type Edit, editedPart } from '../configuration/edits.ts';
import { entriesOf, readTree, type ServerEntry } from '../configuration/server-entries.ts';
import type { Node, Table, TextTree } from '../configuration/text-tree.ts';

/** What stands for a value that may be secret. */
const hidden = '***';

/** Members whose values are shown. All others may hold secrets. */
const shownKeys = new Set([
  'command',
  'path',
  'args',
  'type',
  'name',
  'cwd',
  'envFile',
  'enabled',
  'disabled',
  'timeout',
  'env_vars',
  'bearer_token_env_var',
  'source',
]);

/** Flags that are followed by a secret, or hold one behind their `=`. */
const secretFlag = /(?:key|token|secret|passw|credential|auth|cookie|header)/i;
/** A text that looks random. */
const random = /^(?=.*\d)(?=.*[A-Za-z])[\w+/=.-]{20,}$/;

/** A word of a command as it may be shown. */
function shownWord(word: string, before: string | undefined): string {
  if (before === '--header-env' || before === '--name' || word === '--header-env') return word;
  const [, flag, value] = /^([\w-]+)=(.*)$/s.exec(word) ?? [];
  if (flag !== undefined && value !== undefined && secretFlag.test(flag)) return `${flag}=${hidden}`;
  // A reference to a variable is no secret.
  if (/^[\w-]+: (?:Bearer )?\$\{\w+\}$/.test(word)) return word;
  if (before?.startsWith('-') && secretFlag.test(before) && !word.startsWith('-')) return hidden;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(word)) return shownUrl(word);
  return random.test(word) && !/[\\/]/.test(word) && !/^@?[\w.-]+@[\d.]+$/.test(word) ? hidden : word;
}

/** The edits that hide what may be secret in a server. */
function maskOf({ syntax, text }: TextTree, table: Table): Edit[] {
  const by = (node: Node, shown: string): Edit => ({ start: node.start, end: node.end, text: shown });
  const hide = (node: Node): Edit[] => {
    if (node.kind === 'scalar') return node.start === node.end ? [] : [by(node, syntax.text(hidden))];
    if (node.kind === 'list') return node.items.flatMap(({ value }) => hide(value));
    return node.members.flatMap(({ key, value }) => address(key, value) ?? hide(value));
  };
  /** A URL without what can be secret in it; undefined for anything else. */
  const address = (key: string, value: Node): Edit[] | undefined => {
    if (!/url$/i.test(key) || value.kind !== 'scalar' || typeof value.value !== 'string') return undefined;
    const shown = shownUrl(value.value);
    return shown === value.value ? [] : [by(value, syntax.text(shown))];
  };
  const words = (node: Node): Edit[] => {
    if (node.kind !== 'list') return hide(node);
    return node.items.flatMap(({ value }, index) => {
      if (value.kind === 'scalar' && typeof value.value === 'number') return [];
      if (value.kind !== 'scalar' || typeof value.value !== 'string') return hide(value);
      const before = node.items[index - 1]?.value;
      const last = before?.kind === 'scalar' ? String(before.value) : undefined;
      const shown = shownWord(value.value, last);
      return shown === value.value ? [] : [by(value, syntax.text(shown))];
    });
  };
  return table.members.flatMap(({ key, value }) => {
    const url = address(key, value);
    if (url !== undefined) return url;
    if (!shownKeys.has(key)) return hide(value);
    if (value.kind === 'list') return words(value);
    if (value.kind === 'table') return maskOf({ syntax, text } as TextTree, value);
    return [];
  });
}

/** The lines of a server, without what may be secret. */
function linesOf(tree: TextTree, entry: ServerEntry | undefined): string[] {
  if (entry === undefined) return [];
  const mask = maskOf(tree, entry.table);
  return entry.table.parts.flatMap((part) => {
    // From the beginning of the line, so that the lines of both texts stand in line.
    const lineStart = tree.text.lastIndexOf('\n', part.start - 1) + 1;
    const indent = /^\s*/.exec(tree.text.slice(lineStart, part.start))?.[0] ?? '';
    return (indent + editedPart(tree.text, part, mask)).split(/\r?\n/);
  });
}

/** A line of a change: kept, gone or new. */
type ChangedLine = readonly [sign: ' ' | '-' | '+', line: string];

/** The shortest way from some lines to others. */
function changedLines(from: readonly string[], to: readonly string[]): ChangedLine[] {
  const lengths = Array.from({ length: from.length + 1 }, () => new Array<number>(to.length + 1).fill(0));
  const lengthAt = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = from.length - 1; row >= 0; row--) {
    for (let column = to.length - 1; column >= 0; column--) {
      const length =
        from[row] === to[column]
          ? lengthAt(row + 1, column + 1) + 1
          : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
      (lengths[row] as number[])[column] = length;
    }
  }
  const lines: ChangedLine[] = [];
  let [row, column] = [0, 0];
  while (row < from.length || column < to.length) {
    if (row < from.length && column < to.length && from[row] === to[column]) {
      lines.push([' ', from[row] ?? '']);
      row++;
      column++;
    } else if (row < from.length && lengthAt(row + 1, column) >= lengthAt(row, column + 1)) {
      lines.push(['-', from[row++] ?? '']);
    } else lines.push(['+', to[column++] ?? '']);
  }
  return lines;
}

export interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly kind: ClientKind;
  readonly language: Language;
  /** The servers that were changed, by their ids. */
  readonly ids: ReadonlySet<string>;
}

/**
 * What a change does to a file, as a diff of the changed servers alone: nothing of other servers is shown, and no value that may
 * be secret.
 */
export function shownChange({ path, before, after, kind, language, ids }: Change): string {
  const [old, fresh] = [readTree(before, language), readTree(after, language)];
  const now = new Map(entriesOf(fresh, kind).map((entry) => [entry.id, entry]));
  const parts = entriesOf(old, kind)
    .filter(({ id }) => ids.has(id))
    .map((entry) => {
      const lines = changedLines(linesOf(old, entry), linesOf(fresh, now.get(entry.id)));
      return [`@@ ${entry.name} @@`, ...lines.map(([sign, line]) => `${sign}${line}`)]
        .map(visible)
        .join('\n');
    });
  return [`--- ${path}`, `+++ ${path}`, ...parts].join('\n');
}
