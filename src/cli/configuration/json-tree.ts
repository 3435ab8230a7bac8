import { type Node as JsonNode, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import {
  BrokenFile,
  type Member,
  type Node,
  positionAt,
  type Syntax,
  type Table,
  type TextTree,
} from './text-tree.ts';

const syntax: Syntax = {
  text: (text) => JSON.stringify(text),
  moved: (raw) => raw,
  key: (key) => JSON.stringify(key),
  assign: ': ',
};

/** `InvalidSymbol`: `invalid symbol`. */
const inWords = (code: string): string =>
  code.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

/** Reads JSON with comments and trailing commas, as editors write it. @throws BrokenFile */
export function jsonTree(text: string): TextTree {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) {
    throw new BrokenFile(inWords(printParseErrorCode(error.error)), positionAt(text, error.offset));
  }
  const node = root && nodeOf(root);
  if (node?.kind !== 'table') throw new BrokenFile('it is no JSON object', { line: 1, column: 1 });
  return { text, root: node, syntax, references: [] };
}

function nodeOf({ type, offset, length, value, children = [] }: JsonNode): Node {
  const place = { start: offset, end: offset + length };
  if (type === 'array') {
    const items = children.map((child) => ({ dash: child.offset, value: nodeOf(child) }));
    return { kind: 'list', ...place, items, isBlock: false };
  }
  if (type !== 'object') return { kind: 'scalar', ...place, value };
  const members = children.flatMap((child) => memberOf(child) ?? []);
  return { kind: 'table', ...place, members, layout: 'commas', parts: [place] } satisfies Table;
}

function memberOf({ offset, length, children: [key, value] = [] }: JsonNode): Member | undefined {
  if (key === undefined || value === undefined) return undefined;
  return {
    key: String(key.value),
    start: offset,
    end: offset + length,
    keyPlace: { start: key.offset, end: key.offset + key.length },
    value: nodeOf(value),
  };
}
