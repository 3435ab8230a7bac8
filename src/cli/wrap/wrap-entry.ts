import { isOwnHeader } from '../../proxy/options/headers.ts';
import type { ClientKind } from '../configuration/client-kinds.ts';
import type { Edit } from '../configuration/edits.ts';
import type { CommandLaunch, UrlLaunch } from '../configuration/server-launch.ts';
import {
  type Item,
  type Member,
  memberOf,
  type Place,
  type Table,
  type TextTree,
} from '../configuration/text-tree.ts';

/** What stands before a server's own command: what starts toolfuse, and the options of the proxy. */
export interface Guard {
  /** The command, and its arguments up to `mcp`. */
  readonly launcher: readonly string[];
  readonly flags: readonly string[];
}

/** The variable that the proxy reads a URL from. In a command line, every user of the machine could read it. */
const urlVariable = 'TOOLFUSE_URL';

/** The variables that hold the values of headers, by the names of the headers. */
function headerVariables(headers: readonly string[]): Map<string, string> {
  const taken = new Map<string, string>();
  for (const header of headers) {
    const base = `MCP_HEADER_${header.toUpperCase().replace(/\W/g, '_')}`;
    let name = base;
    for (let count = 2; [...taken.values()].includes(name); count++) name = `${base}_${count}`;
    taken.set(header, name);
  }
  return taken;
}

/** The flags by which the proxy gets the headers of a server with a URL: their values stay where they are, in the file. */
export function flagsForHeaders({ headerValues, tokenVariable }: UrlLaunch): string[] {
  const variables = [...headerVariables(Object.keys(headerValues))];
  const flags = variables
    .filter(([header]) => !isOwnHeader(header))
    .flatMap(([header, variable]) => ['--header-env', `${header}=${variable}`]);
  const token = tokenVariable?.value.kind === 'scalar' ? String(tokenVariable.value.value) : undefined;
  return token === undefined ? flags : [...flags, '--header', `Authorization: Bearer \${${token}}`];
}

/** The variables of the command that a server with a URL becomes. */
export function variablesOf({ address, headerValues }: UrlLaunch): Record<string, string> {
  const names = headerVariables(Object.keys(headerValues));
  const values = Object.entries(headerValues).map(([header, value]) => [names.get(header), value]);
  return { [urlVariable]: address, ...Object.fromEntries(values) };
}

/** Writes edits of one table of a file in the style of what stands there. */
class TableWriter {
  readonly #tree: TextTree;
  readonly #table: Table;

  constructor(tree: TextTree, table: Table) {
    this.#tree = tree;
    this.#table = table;
  }

  raw({ start, end }: Place): string {
    return this.#tree.text.slice(start, end);
  }

  text(text: string): string {
    return this.#tree.syntax.text(text);
  }

  list(texts: readonly string[]): string {
    return `[${texts.join(', ')}]`;
  }

  /** The value of a member as it is written, for another place. */
  moved({ value }: Member): string {
    return this.#tree.syntax.moved(this.raw(value), value.kind === 'scalar' ? value.value : undefined);
  }

  /** A key with its value, as this member's neighbour writes them. */
  member(key: string, value: string, neighbour: Member): string {
    const { text, syntax } = this.#tree;
    const between = text.slice(neighbour.keyPlace.end, neighbour.value.start);
    const assign = /^[ \t]*[:=][ \t]*$/.test(between) ? between : syntax.assign;
    return text.slice(neighbour.start, neighbour.keyPlace.start) + syntax.key(key) + assign + value;
  }

  /** What stands between a member and the next one. */
  gap({ start }: Member): string {
    const { text } = this.#tree;
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    const eol = text[lineStart - 2] === '\r' || /^[^\n]*\r\n/.test(text.slice(start)) ? '\r\n' : '\n';
    const before = text.slice(lineStart, start);
    if (this.#table.layout === 'lines') {
      // In YAML, the dash of an item stands before its first key.
      return eol + (/^\s*$/.test(before) ? before : ' '.repeat(before.length));
    }
    if (/^\s*$/.test(before) && lineStart > this.#table.start) return `,${eol}${before}`;
    return /\s$/.test(before) ? ', ' : ',';
  }

  /** Puts members in the place of one. */
  replace(member: Member, by: readonly string[]): Edit {
    return { start: member.start, end: member.value.end, text: by.join(this.gap(member)) };
  }

  /** Puts texts before the first item of a list. */
  prepend(member: Member, texts: readonly string[]): Edit {
    const { value } = member;
    if (value.kind !== 'list') throw new TypeError(`${member.key} is no list`);
    const [first, second] = value.items;
    if (first === undefined) {
      const at = value.start + 1;
      return { start: at, end: at, text: texts.join(', ') };
    }
    const at = value.isBlock ? first.dash : first.value.start;
    const text = value.isBlock
      ? texts.map((each) => `- ${each}${this.#lineOf(at)}`).join('')
      : `${texts.join(', ')},${this.#space(value.start + 1, first, second)}`;
    return { start: at, end: at, text };
  }

  /** The end of a line, and what stands before a dash. */
  #lineOf(dash: number): string {
    const { text } = this.#tree;
    const lineStart = text.lastIndexOf('\n', dash - 1) + 1;
    const eol = text[lineStart - 2] === '\r' ? '\r\n' : '\n';
    return eol + text.slice(lineStart, dash).replace(/\S/g, ' ');
  }

  /** What stands before the items of a list in brackets. */
  #space(open: number, first: Item, second: Item | undefined): string {
    const { text } = this.#tree;
    const [line] = /\r?\n[ \t]*$/.exec(text.slice(open, first.value.start)) ?? [];
    if (line !== undefined) return line;
    const between = second === undefined ? ' ' : text.slice(first.value.end, second.value.start);
    return /\s/.test(between) ? ' ' : '';
  }

  /** Takes a member out, with the comma that separates it. */
  remove(member: Member): Edit {
    const { members } = this.#table;
    const at = members.indexOf(member);
    const [before, after] = [members[at - 1], members[at + 1]];
    if (before !== undefined) return { start: before.value.end, end: member.value.end, text: '' };
    return { start: member.start, end: after?.start ?? member.value.end, text: '' };
  }

  rename({ keyPlace }: Member, key: string): Edit {
    return { ...keyPlace, text: this.#tree.syntax.key(key) };
  }
}

/** The edits that put the proxy before a server's command. */
export function wrapCommand(tree: TextTree, launch: CommandLaunch, { launcher, flags }: Guard): Edit[] {
  const { table, command, args } = launch;
  const writer = new TableWriter(tree, table);
  const [program = '', ...rest] = launcher;
  const guard = [...rest, ...flags, '--'].map((word) => writer.text(word));
  if (command.value.kind === 'list') return [writer.prepend(command, [writer.text(program), ...guard])];
  const before = [...guard, writer.moved(command)];
  if (args !== undefined) {
    return [{ ...placeOf(command.value), text: writer.text(program) }, writer.prepend(args, before)];
  }
  const members = [
    writer.member(command.key, writer.text(program), command),
    writer.member('args', writer.list(before), command),
  ];
  return [writer.replace(command, members)];
}

const placeOf = ({ start, end }: Place): Place => ({ start, end });

/** The edits that make a command of a URL, with its headers as variables of that command. */
export function wrapUrl(tree: TextTree, launch: UrlLaunch, guard: Guard, kind: ClientKind): Edit[] {
  const { table, url, type, headers, tokenVariable } = launch;
  const writer = new TableWriter(tree, table);
  const isOneList = kind.id === 'opencode';
  const [program = '', ...rest] = [...guard.launcher, ...guard.flags].map((word) => writer.text(word));
  const variables = isOneList ? 'environment' : 'env';
  const members = isOneList
    ? [writer.member('command', writer.list([program, ...rest]), url)]
    : [writer.member('command', program, url), writer.member('args', writer.list(rest), url)];
  const address = writer.moved(url);
  const edits: Edit[] = [];
  if (headers === undefined) {
    const { key, assign } = tree.syntax;
    members.push(writer.member(variables, `{ ${key(urlVariable)}${assign}${address} }`, url));
  } else edits.push(...headersToVariables(tree, writer, headers, { variables, address }));
  edits.push(writer.replace(url, members));
  if (type?.value.kind === 'scalar' && type.value.value !== 'stdio') {
    edits.push({ ...placeOf(type.value), text: writer.text(isOneList ? 'local' : 'stdio') });
  }
  // It says that there is no sign-in, and a command may not say so.
  const oauth = memberOf(table, 'oauth');
  if (isOneList && oauth !== undefined) edits.push(writer.remove(oauth));
  if (tokenVariable !== undefined) {
    const list = writer.list([writer.raw(tokenVariable.value)]);
    edits.push(writer.replace(tokenVariable, [writer.member('env_vars', list, tokenVariable)]));
  }
  return edits;
}

/** Renames headers to variables where they stand, so that no value moves. */
function headersToVariables(
  tree: TextTree,
  writer: TableWriter,
  headers: Member,
  { variables, address }: { readonly variables: string; readonly address: string },
): Edit[] {
  const { value } = headers;
  if (value.kind !== 'table') throw new TypeError('headers are no table');
  const { syntax } = tree;
  const inside = new TableWriter(tree, value);
  const names = headerVariables(value.members.map(({ key }) => key));
  const [first] = value.members;
  const at = first?.start ?? value.start + 1;
  const own =
    first === undefined
      ? `${syntax.key(urlVariable)}${syntax.assign}${address}`
      : inside.member(urlVariable, address, first) + inside.gap(first);
  return [
    writer.rename(headers, variables),
    ...value.members.slice(1).map((member) => inside.rename(member, names.get(member.key) ?? '')),
    ...(first === undefined
      ? [{ start: at, end: at, text: own }]
      : [{ start: at, end: first.keyPlace.end, text: own + syntax.key(names.get(first.key) ?? '') }]),
  ];
}
