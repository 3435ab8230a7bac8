import type { Point } from './geometry.ts';
import type { Strip } from './strips.ts';

/** A vertical part of a line. */
export interface Descent extends Strip {
  readonly x: number;
}

/** A line from its upper state to its lower one. */
export interface Line {
  readonly isUpward: boolean;
  /** Where it leaves through the side of a frame. */
  readonly from?: Point;
  readonly descents: readonly Descent[];
  /** Where it enters through the side of a frame. */
  readonly to?: Point;
}

/** A line ready to be drawn. */
export interface Route {
  /** The ends of the straight parts, from the source state to the target state. */
  readonly points: readonly Point[];
  /** The line as the `d` of an SVG path. */
  readonly path: string;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const at = ({ x, y }: Point): string => `${rounded(x)} ${rounded(y)}`;

/** The line drawn from its upper end to its lower one. */
const drawnDown = ({ from, descents, to }: Line): Route =>
  drawn(
    from,
    descents.flatMap(({ x, top, bottom }) => [
      { x, y: top },
      { x, y: bottom },
    ]),
    to,
  );

const drawnUp = ({ from, descents, to }: Line): Route =>
  drawn(
    to,
    [...descents].reverse().flatMap(({ x, top, bottom }) => [
      { x, y: bottom },
      { x, y: top },
    ]),
    from,
  );

/** Draws vertical parts straight, and connects them with curves that are vertical at both ends. */
function drawn(from: Point | undefined, upright: readonly Point[], to: Point | undefined): Route {
  const [start, ...rest] = upright;
  if (start === undefined) return { points: [], path: '' };
  let path =
    from === undefined ? `M${at(start)}` : `M${at(from)}Q${at({ x: start.x, y: from.y })} ${at(start)}`;
  let before = start;
  for (const point of rest) {
    if (point.x === before.x) {
      if (point.y !== before.y) path += `V${rounded(point.y)}`;
    } else {
      const middle = (before.y + point.y) / 2;
      path += `C${at({ x: before.x, y: middle })} ${at({ x: point.x, y: middle })} ${at(point)}`;
    }
    before = point;
  }
  if (to !== undefined) path += `Q${at({ x: before.x, y: to.y })} ${at(to)}`;
  return { points: [from, ...upright, to].filter((point) => point !== undefined), path };
}

/** The line from the source state to the target state. */
export const drawnLine = (line: Line): Route => (line.isUpward ? drawnUp(line) : drawnDown(line));
