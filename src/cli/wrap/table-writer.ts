import type { Edit } from '../configuration/edits.ts';
import type { Item, Member, Place, Table, TextTree } from '../configuration/text-tree.ts';

/** Writes edits of one table of a file in the style of what stands there. */
export class TableWriter {
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

  /** Adds a member, as it is written, after the last one. */
  append(text: string): Edit {
    const last = this.#table.members.at(-1);
    if (last === undefined) throw new TypeError('there is no member to add another one to');
    const at = last.value.end;
    return { start: at, end: at, text: this.gap(last) + text };
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

  /** Takes members out, with the commas that separate them. */
  remove(...gone: readonly Member[]): Edit[] {
    const { members } = this.#table;
    return members.flatMap((member, index) => {
      const before = members[index - 1];
      // One edit for neighbours, which share a comma.
      if (!gone.includes(member) || (before !== undefined && gone.includes(before))) return [];
      const next = members.findIndex((each, at) => at > index && !gone.includes(each));
      const after = members[next];
      const end = members[(next === -1 ? members.length : next) - 1]?.value.end ?? member.value.end;
      return before === undefined
        ? [{ start: member.start, end: after?.start ?? end, text: '' }]
        : [{ start: before.value.end, end, text: '' }];
    });
  }

  rename({ keyPlace }: Member, key: string): Edit {
    return { ...keyPlace, text: this.#tree.syntax.key(key) };
  }
}
