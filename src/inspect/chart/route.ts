import { clippedAbove, clippedBelow } from './frame-crossing.ts';
import { bottomOf, type Point, type Rect } from './geometry.ts';
import { type Descent, drawnLine, type Line, type Route } from './line.ts';
import type { PlacedEdge, Placement } from './place.ts';
import type { PlannedEdge } from './plan.ts';
import { type Port, spreadPorts } from './ports.ts';
import { Strips } from './strips.ts';

/** The obstacles that lines are routed around. */
export interface RouteOptions {
  readonly placement: Placement;
  readonly edges: readonly PlannedEdge[];
  /** The outlines of the states. */
  readonly boxes: ReadonlyMap<string, Rect>;
}

/** The space kept free at both ends of a side, in px, for the rounded corners. */
const corner = 12;

const centre = ({ x, width }: Rect): number => x + width / 2;

/** Routes lines from state to state, through their labels. */
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
    // A line from a frame to one of its own states leaves from the frame's head.
    let line: Line = { isUpward: edge.isUpward, descents };
    if (upper !== within && upperBox !== undefined) line = clippedAbove(line, upperBox);
    if (lower !== within && lowerBox !== undefined) line = clippedBelow(line, lowerBox);
    routes.set(id, drawnLine(line));
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

/** The points where lines leave the lower side of heads and reach the upper side. */
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
