import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser';
import { BrokenFile, type Member, type Node, type Place, type Syntax, type TextTree } from './text-tree.ts';

/** A text in double quotes, as TOML has it: like in JSON, but for one character. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007F');

const syntax: Syntax = {
  text: quoted,
  moved: (raw) => raw,
  key: (key) => (/^[\w-]+$/.test(key) ? key : quoted(key)),
  assign: ' = ',
};

/** Reads TOML. @throws BrokenFile */
export function tomlTree(text: string): TextTree {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { message, lineNumber, column } = error;
    throw new BrokenFile(message, { line: lineNumber, column: column + 1 });
  }
  const root = new Draft(text, 0);
  for (const each of program.body[0].body) {
    if (each.type === 'TOMLKeyValue') root.put(each);
    else root.at(each);
  }
  return { text, root: root.table(), syntax, references: [] };
}

/** A table that is put together from the parts of the text that belong to it. */
class Draft {
  readonly #text: string;
  readonly #start: number;
  #end: number;
  readonly #parts: Place[] = [];
  readonly #members: { key: string; place: Place; keyPlace: Place; value: Node | Draft }[] = [];

  constructor(text: string, start: number) {
    this.#text = text;
    this.#start = start;
    this.#end = start;
  }

  /** Puts `key = value` here, or `a.b.key = value` into the table `a.b`. */
  put({ key, value, range }: AST.TOMLKeyValue): void {
    const place = placeOf(range);
    const owners = this.#down(key.keys.slice(0, -1), place);
    const last = key.keys.at(-1);
    if (last === undefined) return;
    for (const owner of owners) owner.#add(place);
    const owner = owners.at(-1) ?? this;
    owner.#members.push({
      key: nameOf(last),
      place,
      keyPlace: placeOf(last.range),
      value: nodeOf(value, this.#text),
    });
  }

  /** Puts the members of `[a.b]` into the table `a.b`. */
  at({ key, body, range, kind }: AST.TOMLTable): void {
    const place = placeOf(range);
    // Tables of an array are several, and none of them is a server.
    if (kind === 'array') return;
    const owners = this.#down(key.keys, place);
    for (const owner of owners) owner.#add(place);
    const owner = owners.at(-1) ?? this;
    for (const each of body) owner.put(each);
  }

  /** The tables on the way down, without this one. */
  #down(keys: readonly (AST.TOMLBare | AST.TOMLQuoted)[], place: Place): Draft[] {
    const way: Draft[] = [];
    let owner: Draft = this;
    for (const each of keys) {
      const key = nameOf(each);
      const known = owner.#members.find((member) => member.key === key)?.value;
      const next = known instanceof Draft ? known : new Draft(owner.#text, place.start);
      if (known === undefined)
        owner.#members.push({ key, place, keyPlace: placeOf(each.range), value: next });
      way.push(next);
      owner = next;
    }
    return way;
  }

  #add(part: Place): void {
    const last = this.#parts.at(-1);
    this.#end = Math.max(this.#end, part.end);
    if (last !== undefined && part.start >= last.start && part.end <= last.end) return;
    // Lines that follow each other are one part.
    const follows = last !== undefined && /^\s*$/.test(this.#text.slice(last.end, part.start));
    if (follows) this.#parts.splice(-1, 1, { start: last.start, end: part.end });
    else this.#parts.push(part);
  }

  table(): TextTree['root'] {
    const members = this.#members.map(({ key, place, keyPlace, value }): Member => {
      const node = value instanceof Draft ? value.table() : value;
      return { key, ...place, keyPlace, value: node };
    });
    return {
      kind: 'table',
      start: this.#start,
      end: this.#end,
      members,
      layout: 'lines',
      parts: this.#parts,
    };
  }
}

const placeOf = ([start, end]: AST.Range): Place => ({ start, end });
const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string =>
  key.type === 'TOMLBare' ? key.name : key.value;

function nodeOf(node: AST.TOMLContentNode, text: string): Node {
  const place = placeOf(node.range);
  if (node.type === 'TOMLArray') {
    const items = node.elements.map((each) => ({ dash: each.range[0], value: nodeOf(each, text) }));
    return { kind: 'list', ...place, items, isBlock: false };
  }
  if (node.type === 'TOMLValue') return { kind: 'scalar', ...place, value: getStaticTOMLValue(node) };
  const inside = new Draft(text, place.start);
  for (const each of node.body) inside.put(each);
  const { members } = inside.table();
  return { kind: 'table', ...place, members, layout: 'commas', parts: [place] };
}
