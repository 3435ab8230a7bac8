import type { Measure } from '../chart/index.ts';

const canvas = document.createElement('canvas').getContext('2d');
const widths = new Map<string, number>();

/** The width of a text as this browser sets it, in the page's own font. */
export const measureText: Measure = (text, { size, isBold }) => {
  const key = `${size} ${isBold} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (canvas !== null)
      canvas.font = `${isBold ? 700 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    // A little more: what is drawn scaled is not set to the same fraction of a pixel.
    width = Math.ceil((canvas?.measureText(text).width ?? text.length * size * 0.6) * 1.03);
    widths.set(key, width);
  }
  return width;
};
