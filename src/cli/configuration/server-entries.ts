import type { ClientKind, Language } from './client-kinds.ts';
import { jsonTree } from './json-tree.ts';
import { memberOf, type Node, type Table, type TextTree, textOf } from './text-tree.ts';
import { tomlTree } from './toml-tree.ts';
import { yamlTree } from './yaml-tree.ts';

/** A server, as it stands in a configuration file. */
export interface ServerEntry {
  readonly name: string;
  /** Tells it from the other servers of its file: the keys that lead to it. */
  readonly id: string;
  /** The folder of the project that it is for, where one file has those of several. */
  readonly project: string | undefined;
  readonly table: Table;
  /** Whether the file has another server at the same place: clients take the last one. */
  readonly isDouble: boolean;
}

/** Reads a file, with the comments and commas that its clients allow. @throws BrokenFile */
export function readTree(text: string, language: Language): TextTree {
  if (language === 'toml') return tomlTree(text);
  return language === 'yaml' ? yamlTree(text) : jsonTree(text);
}

/** The servers of a file, in the order in which they stand there. */
export function entriesOf({ root }: TextTree, kind: ClientKind): ServerEntry[] {
  const found = kind.servers.flatMap((keys) => tablesAt(root, keys).map((at) => ({ keys, ...at })));
  // Where servers can stand at two places, one inside the other, the inner one holds them.
  const places = found.filter(
    ({ node }) => !found.some((other) => other.node !== node && isInside(other.node, node)),
  );
  const entries = places.flatMap(({ node, way }) => entriesIn(node, way));
  return entries.map((entry) => ({
    ...entry,
    isDouble: entries.some((other) => other !== entry && other.id === entry.id),
  }));
}

const isInside = (inner: Node, outer: Node): boolean =>
  inner.start >= outer.start && inner.end <= outer.end && inner !== outer;

interface Found {
  readonly node: Node;
  readonly way: readonly string[];
}

/** The nodes that keys lead to. */
function tablesAt(node: Node, [key, ...rest]: readonly string[], way: readonly string[] = []): Found[] {
  if (key === undefined) return [{ node, way }];
  if (node.kind !== 'table') return [];
  const members = key === '*' ? node.members : node.members.filter((member) => member.key === key);
  return members.flatMap((member) => tablesAt(member.value, rest, [...way, member.key]));
}

function entriesIn(node: Node, way: readonly string[]): Omit<ServerEntry, 'isDouble'>[] {
  const project = way[0] === 'projects' ? way[1] : undefined;
  const named =
    node.kind === 'list'
      ? node.items.flatMap(({ value }, index) =>
          value.kind === 'table' ? [{ name: textOf(value, 'name') ?? `${index + 1}`, table: value }] : [],
        )
      : node.kind === 'table'
        ? node.members.flatMap(({ key, value }) =>
            value.kind === 'table' ? [{ name: key, table: value }] : [],
          )
        : [];
  return named
    .filter(({ table }) => isServer(table))
    .map(({ name, table }) => ({ name, id: JSON.stringify([...way, name]), project, table }));
}

/** What a table has that is a server. */
const telling = ['command', 'url', 'httpUrl', 'serverUrl', 'type', 'args', 'source', 'uses'];

const isServer = (table: Table): boolean => telling.some((key) => memberOf(table, key) !== undefined);
