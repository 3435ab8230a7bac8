import { Line } from '../../../../src/proxy/wire/line.ts';

/** Bytes in pieces, cut at any places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
}

/** A text as a line of pieces, cut at any places. */
export function lineOf(text: string, places: readonly number[] = []): Line {
  const [first, ...others] = cutAt(Buffer.from(text), places);
  return new Line([first ?? Buffer.alloc(0), ...others]);
}
