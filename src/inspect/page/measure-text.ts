import type { Measure } from '../chart/index.ts';

const canvas = document.createElement('canvas').getContext('2d');
const widths = new Map<string, number>();

/** The width of a text in this browser, in the page's own font. */
export const measureText: Measure = (text, { size, isBold }) => {
  const key = `${size} ${isBold} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (canvas !== null)
      canvas.font = `${isBold ? 700 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    // Slightly wider, because scaled text is not placed with the same subpixel precision.
    width = Math.ceil((canvas?.measureText(text).width ?? text.length * size * 0.6) * 1.03);
    widths.set(key, width);
  }
  return width;
};
