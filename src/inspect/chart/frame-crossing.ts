import { bottomOf, type Rect, rightOf } from './geometry.ts';
import type { Descent, Line } from './line.ts';

/** The distance from the next strip at which a line crosses the side of a frame, so that up and down lines do not meet. */
const besideStrip = ({ isUpward }: Line): number => (isUpward ? 10 : 22);

const isWithin = ({ x, top, bottom }: Descent, frame: Rect): boolean =>
  x >= frame.x && x <= rightOf(frame) && top < bottomOf(frame) && bottom > frame.y;

const sideTowards = (x: number, frame: Rect): number => (x < frame.x ? frame.x : rightOf(frame));

/** The rest of a line that leaves a frame at the bottom, or to the left or right. */
export function clippedAbove(line: Line, frame: Rect): Line {
  const { descents } = line;
  const out = descents.findIndex((descent, index) => index > 0 && !isWithin(descent, frame));
  const first = descents[out];
  const last = descents[out - 1];
  if (first === undefined || last === undefined) return line;
  if (first.top <= bottomOf(frame)) {
    const from = { x: sideTowards(first.x, frame), y: first.top - besideStrip(line) };
    return { ...line, from, descents: descents.slice(out) };
  }
  const exit = { x: last.x, top: bottomOf(frame), bottom: Math.max(bottomOf(frame), last.bottom) };
  return { ...line, descents: [exit, ...descents.slice(out)] };
}

/** The rest of a line that enters a frame. */
export function clippedBelow(line: Line, frame: Rect): Line {
  const { descents } = line;
  const out = descents.findLastIndex(
    (descent, index) => index < descents.length - 1 && !isWithin(descent, frame),
  );
  const last = descents[out];
  const first = descents[out + 1];
  if (first === undefined || last === undefined) return line;
  const before = descents.slice(0, out + 1);
  if (last.bottom >= frame.y) {
    return {
      ...line,
      to: { x: sideTowards(last.x, frame), y: last.bottom + besideStrip(line) },
      descents: before,
    };
  }
  return {
    ...line,
    descents: [...before, { x: first.x, top: Math.min(frame.y, first.top), bottom: frame.y }],
  };
}
