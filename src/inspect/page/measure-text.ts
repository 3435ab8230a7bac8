import type { Measure } from '../chart/index.ts';

const canvas = document.createElement('canvas').getContext('2d');
const widths = new Map<string, number>();
/** How many widths are kept: names of tools are few, words of errors are not. */
const maxWidths = 5_000;

/** The width of a text in this browser, in the page's own font. */
export const measureText: Measure = (text, { size, isBold }) => {
  const key = `${size} ${isBold} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (canvas !== null)
      canvas.font = `${isBold ? 700 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    // Slightly wider, because scaled text is not placed with the same subpixel precision.
    width = Math.ceil((canvas?.measureText(text).width ?? text.length * size * 0.6) * 1.03);
    if (widths.size >= maxWidths) widths.clear();
    widths.set(key, width);
  }
  return width;
};

/** How many lines a text takes in a column of a width, if words that are too long for a line are broken. */
export function linesOf(
  text: string,
  width: number,
  style: { readonly size: number; readonly isBold: boolean },
): number {
  const space = measureText(' ', style);
  let lines = 1;
  let used = 0;
  for (const word of text.split(' ')) {
    let needed = measureText(word, style);
    if (used > 0 && used + space + needed > width) {
      lines += 1;
      used = 0;
    }
    while (needed > width) {
      lines += 1;
      needed -= width * 0.92;
    }
    used += (used > 0 ? space : 0) + needed;
  }
  return lines;
}
