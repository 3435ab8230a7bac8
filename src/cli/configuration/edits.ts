import type { Place } from './text-tree.ts';

/** Replaces a place of a text; at one of no length, inserts. */
export interface Edit extends Place {
  readonly text: string;
}

const inOrder = (edits: readonly Edit[]): Edit[] => edits.toSorted((one, other) => one.start - other.start);

/** A text with its places replaced. No two edits may overlap. */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: by } of inOrder(edits)) {
    if (start < at) throw new TypeError('two edits overlap');
    result += text.slice(at, start) + by;
    at = end;
  }
  return result + text.slice(at);
}

/** A part of a text after the edits, all of which stand either in it or outside of it. */
export function editedPart(text: string, { start, end }: Place, edits: readonly Edit[]): string {
  const inside = edits
    .filter((edit) => edit.start >= start && edit.end <= end)
    .map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  return edited(text.slice(start, end), inside);
}
