import {
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLSeq,
} from 'yaml';
import {
  BrokenFile,
  type Item,
  type Member,
  type Node,
  type Place,
  positionAt,
  type Syntax,
  type TextTree,
} from './text-tree.ts';

/** Text in double quotes means the same in YAML as in JSON. */
const quoted = (text: string): string => JSON.stringify(text);

const syntax: Syntax = {
  text: quoted,
  // A bare text can mean something else in another place.
  moved: (raw, value) => (/^(["'])[^\n]*\1$/.test(raw) ? raw : quoted(String(value))),
  key: (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key)),
  assign: ': ',
};

/** Reads one document of YAML. @throws BrokenFile */
export function yamlTree(text: string): TextTree {
  const documents = parseAllDocuments<ParsedNode>(text, { keepSourceTokens: true });
  const [document] = documents;
  if (document === undefined || documents.length !== 1 || !('contents' in document)) {
    throw new BrokenFile('it is not one document of YAML', { line: 1, column: 1 });
  }
  const [error] = document.errors;
  if (error !== undefined) {
    const [what = error.code] = error.message.split(/ at line |\n/);
    throw new BrokenFile(what, positionAt(text, error.pos[0]));
  }
  const root = document.contents === null ? undefined : nodeOf(document.contents as ParsedNode);
  if (root?.kind !== 'table') throw new BrokenFile('it is no table of YAML', { line: 1, column: 1 });
  const references: Place[] = [];
  visit(document, {
    Node: (_key, node) => {
      const isReference = isAlias(node) || ('anchor' in node && node.anchor !== undefined);
      if (!isReference || !node.range) return;
      const [start, end] = node.range;
      references.push({ start, end });
    },
  });
  return { text, root, syntax, references };
}

function nodeOf(node: ParsedNode): Node {
  const [start, end] = node.range;
  const place = { start, end };
  if (isSeq(node)) return { kind: 'list', ...place, items: itemsOf(node), isBlock: node.flow !== true };
  if (!isMap(node)) return { kind: 'scalar', ...place, value: isScalar(node) ? node.value : undefined };
  const members = node.items.flatMap(({ key, value }): Member[] => {
    if (!isScalar(key) || !isParsed(key) || !isParsed(value)) return [];
    const [keyStart, keyEnd] = key.range;
    const of = nodeOf(value);
    return [
      {
        key: String(key.value),
        start: keyStart,
        end: of.end,
        keyPlace: { start: keyStart, end: keyEnd },
        value: of,
      },
    ];
  });
  const layout = node.flow === true ? 'commas' : 'lines';
  return { kind: 'table', ...place, members, layout, parts: [place] };
}

function itemsOf(list: YAMLSeq): Item[] {
  const tokens = list.srcToken?.type === 'block-seq' ? list.srcToken.items : [];
  return (list.items as ParsedNode[]).map((each, index) => ({
    dash: dashOf(tokens[index]) ?? each.range[0],
    value: nodeOf(each),
  }));
}

const dashOf = (item: CST.CollectionItem | undefined): number | undefined =>
  item?.start.find(({ type }) => type === 'seq-item-ind')?.offset;

const isParsed = (node: unknown): node is ParsedNode =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
