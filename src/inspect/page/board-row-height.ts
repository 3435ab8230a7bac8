import type { BoardRow } from './board-list.ts';
import { linesOf } from './measure-text.ts';
import { isNarrow, windowWidth } from './narrow.ts';
import { reasonWords } from './reason-line.tsx';

const rowHeight = 58;
const groupHeight = 44;
/** The parts of a card beside its name and its reason, in px, and the height of a line of each. */
const cardRest = 124;
const nameLine = 21;
const reasonLine = 19;
/** How far a row stands to the right of the one that it is below, in px. */
export const indentPx = 18;

/** The height of a row in px. A card has all of its words, so that it is as high as they need. */
export function heightOf(row: BoardRow): number {
  if (row.kind === 'group') return isNarrow.value ? 2 * groupHeight : groupHeight;
  if (row.kind === 'keys') return groupHeight;
  if (!isNarrow.value) return rowHeight;
  const width = windowWidth.value - 62 - Math.min(row.depth, 2) * indentPx;
  const words = reasonWords(row.actor);
  const name = linesOf(row.actor.name, width, { size: 15, isBold: true });
  return (
    cardRest +
    name * nameLine +
    (words === null ? 0 : linesOf(words, width, { size: 13, isBold: false }) * reasonLine)
  );
}
