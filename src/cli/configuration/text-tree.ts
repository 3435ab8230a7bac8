/**
 * The values of a configuration file with the places where they stand in its text, whether it is JSON with comments, TOML or
 * YAML. A change replaces such places and leaves every other character as it is.
 */

/** From where to where something stands in a text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A text, a number or the like. */
interface Scalar extends Place {
  readonly kind: 'scalar';
  readonly value: unknown;
}

export interface List extends Place {
  readonly kind: 'list';
  readonly items: readonly Item[];
  /** Whether each item stands on lines of its own after a dash, as in YAML. */
  readonly isBlock: boolean;
}

/** An item of a list. In a block, `dash` is where its dash stands. */
export interface Item {
  readonly dash: number;
  readonly value: Node;
}

export interface Table extends Place {
  readonly kind: 'table';
  readonly members: readonly Member[];
  /** Whether members are separated by commas, or stand on lines of their own. */
  readonly layout: 'commas' | 'lines';
  /** All that belongs to it, in the order of the text: a table of TOML can be written in several parts. */
  readonly parts: readonly Place[];
}

/** A key and its value. */
export interface Member extends Place {
  readonly key: string;
  /** Where the key stands; of a dotted key, its last part. */
  readonly keyPlace: Place;
  readonly value: Node;
}

export type Node = Scalar | List | Table;

/** How a kind of file is written. */
export interface Syntax {
  /** A text as a value. */
  readonly text: (text: string) => string;
  /** A value as it is written, wherever it is moved to. */
  readonly moved: (raw: string, value: unknown) => string;
  readonly key: (key: string) => string;
  /** What stands between a key and its value. */
  readonly assign: string;
}

/** A file that was understood. */
export interface TextTree {
  readonly text: string;
  readonly root: Table;
  readonly syntax: Syntax;
  /** Where something stands that another place refers to, or that refers to one: a change of it would be one of both. */
  readonly references: readonly Place[];
}

/** A file that cannot be understood. Line and column count from 1. */
export class BrokenFile extends Error {
  readonly line: number;
  readonly column: number;

  constructor(what: string, { line, column }: { readonly line: number; readonly column: number }) {
    super(what);
    this.line = line;
    this.column = column;
  }
}

/** The line and the column of a place, from 1. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The member of a name; of two, the last one, as clients read it. */
export const memberOf = (table: Table, key: string): Member | undefined =>
  table.members.findLast((member) => member.key === key);

/** The text of a member; undefined if it is missing or no text. */
export function textOf(table: Table, key: string): string | undefined {
  const value = memberOf(table, key)?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** The value that a node stands for. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(({ value }) => plain(value));
  return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
}
