import { bottomOf, type Point, type Rect, rightOf } from './geometry.ts';
import type { PlacedEdge, Placement } from './place.ts';
import type { PlannedEdge } from './plan.ts';
import { type Port, spreadPorts } from './ports.ts';
import { type Strip, Strips } from './strips.ts';

/** A part of a line that goes straight down. */
interface Descent extends Strip {
  readonly x: number;
}

/** A line from the upper of its states to the lower one. */
interface Line {
  readonly isUpward: boolean;
  /** Where it comes out of the side of a frame. */
  readonly from?: Point;
  readonly descents: readonly Descent[];
  /** Where it goes into the side of a frame. */
  readonly to?: Point;
}

/** A line as it is drawn. */
export interface Route {
  /** From the state that is left to the one that is entered: straight parts begin and end in these. */
  readonly points: readonly Point[];
  /** The same, as the `d` of an SVG path. */
  readonly path: string;
}

/** What lines are routed around. */
export interface RouteOptions {
  readonly placement: Placement;
  readonly edges: readonly PlannedEdge[];
  /** The outlines of the states. */
  readonly boxes: ReadonlyMap<string, Rect>;
}

/** Kept free at both ends of a side, for its round corners. */
const corner = 12;

const centre = ({ x, width }: Rect): number => x + width / 2;

/** Lines from state to state by way of their labels. */
export function routeEdges(options: RouteOptions): ReadonlyMap<string, Route> {
  const { placement, edges, boxes } = options;
  const strips = new Strips([
    ...placement.heads.values(),
    ...[...placement.edges.values()].map(({ label }) => label),
  ]);
  const ports = findPorts(options, strips);
  const routes = new Map<string, Route>();
  for (const { id, from, to, within } of edges) {
    const edge = placement.edges.get(id);
    if (edge === undefined) continue;
    const [upper, lower] = endsOf(from, to, edge);
    const upperHead = placement.heads.get(upper);
    const lowerHead = placement.heads.get(lower);
    if (upperHead === undefined || lowerHead === undefined) continue;
    const descents: Descent[] = [
      {
        x: ports.below.get(id) ?? centre(upperHead),
        top: bottomOf(upperHead),
        bottom: strips.of(upperHead).bottom,
      },
      ...passing(edge.above, strips),
      { x: centre(edge.label), ...strips.of(edge.label) },
      ...passing(edge.below, strips),
      { x: ports.above.get(id) ?? centre(lowerHead), top: strips.of(lowerHead).top, bottom: lowerHead.y },
    ];
    const upperBox = boxes.get(upper);
    const lowerBox = boxes.get(lower);
    // A line inside a frame keeps to its head.
    let line: Line = { isUpward: edge.isUpward, descents };
    if (upper !== within && upperBox !== undefined) line = clippedAbove(line, upperBox);
    if (lower !== within && lowerBox !== undefined) line = clippedBelow(line, lowerBox);
    routes.set(id, line.isUpward ? drawnUp(line) : drawnDown(line));
  }
  return routes;
}

const endsOf = (from: string, to: string, { isUpward }: PlacedEdge): [upper: string, lower: string] =>
  isUpward ? [to, from] : [from, to];

function passing(points: readonly Point[], strips: Strips): Descent[] {
  return points.flatMap((point) => {
    const strip = strips.at(point);
    return strip === undefined ? [] : [{ x: point.x, ...strip }];
  });
}

/** Where lines leave the lower side of heads, and reach the upper one. */
function findPorts({ placement, edges }: RouteOptions, strips: Strips) {
  const below = new Map<string, Port[]>();
  const above = new Map<string, Port[]>();
  const add = (to: Map<string, Port[]>, id: string, port: Port): void => {
    to.set(id, [...(to.get(id) ?? []), port]);
  };
  for (const { id, from, to } of edges) {
    const edge = placement.edges.get(id);
    if (edge === undefined) continue;
    const [upper, lower] = endsOf(from, to, edge);
    const label = centre(edge.label);
    add(below, upper, { edge: id, towards: passing(edge.above, strips)[0]?.x ?? label });
    add(above, lower, { edge: id, towards: passing(edge.below, strips).at(-1)?.x ?? label });
  }
  const spread = (sides: Map<string, Port[]>): Map<string, number> =>
    new Map(
      [...sides].flatMap(([id, ports]) => {
        const head = placement.heads.get(id);
        if (head === undefined) return [];
        return [...spreadPorts(ports, head.x + corner, head.x + head.width - corner)];
      }),
    );
  return { below: spread(below), above: spread(above) };
}

/** How far from the next strip a line goes through the side of a frame: lines that go up and down do not meet there. */
const besideStrip = ({ isUpward }: Line): number => (isUpward ? 10 : 22);

const isWithin = ({ x, top, bottom }: Descent, frame: Rect): boolean =>
  x >= frame.x && x <= rightOf(frame) && top < bottomOf(frame) && bottom > frame.y;

const sideTowards = (x: number, frame: Rect): number => (x < frame.x ? frame.x : rightOf(frame));

/** What is left of a line that comes out of a frame: by its lower side, or to the left or right. */
function clippedAbove(line: Line, frame: Rect): Line {
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

/** The same at its other end: a line that goes into a frame. */
function clippedBelow(line: Line, frame: Rect): Line {
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

/** Upright parts are straight. Between them the line swings to the side, upright at both ends. */
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
