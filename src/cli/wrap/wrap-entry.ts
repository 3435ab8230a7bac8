import { isOwnHeader } from '../../proxy/options/headers.ts';
import type { ClientKind } from '../configuration/client-kinds.ts';
import type { Edit } from '../configuration/edits.ts';
import type { CommandLaunch, UrlLaunch } from '../configuration/server-launch.ts';
import { type Member, memberOf, type Place, type TextTree } from '../configuration/text-tree.ts';
import { TableWriter } from './table-writer.ts';

/** What stands before a server's own command: what starts toolfuse, and the options of the proxy. */
export interface Guard {
  /** The command, and its arguments up to `mcp`. */
  readonly launcher: readonly string[];
  readonly flags: readonly string[];
}

/** The variable that the proxy reads a URL from. In a command line, every user of the machine could read it. */
export const urlVariable = 'TOOLFUSE_URL';

/** The variables that hold the values of headers, by the names of the headers. */
export function variablesByHeader(headers: readonly string[]): Map<string, string> {
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
  const variables = [...variablesByHeader(Object.keys(headerValues))];
  const flags = variables
    .filter(([header]) => !isOwnHeader(header))
    .flatMap(([header, variable]) => ['--header-env', `${header}=${variable}`]);
  const token = tokenVariable?.value.kind === 'scalar' ? String(tokenVariable.value.value) : undefined;
  return token === undefined ? flags : [...flags, '--header', `Authorization: Bearer \${${token}}`];
}

/** The variables of the command that a server with a URL becomes. */
export function variablesOf({ address, headerValues }: UrlLaunch): Record<string, string> {
  const names = variablesByHeader(Object.keys(headerValues));
  const values = Object.entries(headerValues).map(([header, value]) => [names.get(header), value]);
  return { [urlVariable]: address, ...Object.fromEntries(values) };
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
  if (isOneList && oauth !== undefined) edits.push(...writer.remove(oauth));
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
  const names = variablesByHeader(value.members.map(({ key }) => key));
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
