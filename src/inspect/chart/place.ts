import { Graph, layout as layOut } from '@dagrejs/dagre';
import { around, moved, type Point, type Rect } from './geometry.ts';
import type { ChartPlan } from './plan.ts';
import { readingOrder } from './reading-order.ts';

/** A node for dagre to place: width and height in px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A line between two states, from the upper one to the lower one. */
export interface PlacedEdge {
  /** Whether the transition leads from the lower state to the upper one. */
  readonly isUpward: boolean;
  readonly label: Rect;
  /** The points where it passes rows, between the upper state and the label and between the label and the lower state. */
  readonly above: readonly Point[];
  readonly below: readonly Point[];
}

/** The positions of all nodes and lines. */
export interface Placement {
  /** States without children, and the heads (title and rows) of the others. */
  readonly heads: ReadonlyMap<string, Rect>;
  /** The width of the frame of a state with children. */
  readonly frames: ReadonlyMap<string, Rect>;
  readonly edges: ReadonlyMap<string, PlacedEdge>;
}

const gaps = { ranksep: 44, nodesep: 26, edgesep: 20 };

const headName = (id: string): string => `state ${id}`;
const frameName = (id: string): string => `frame ${id}`;
const labelName = (edge: string): string => `label ${edge}`;

/**
 * Places states and labels from top to bottom. Labels are nodes too, so that nothing covers them. dagre does not support lines
 * to a state with children, so such a line leads to the state's head, which is above its contents.
 */
export function place(
  plan: ChartPlan,
  heads: ReadonlyMap<string, Size>,
  labels: ReadonlyMap<string, Size>,
  /** The initial states. */
  origin: Point,
): Placement {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph(gaps);
  const order = readingOrder(plan);
  const orderOf = (id: string): number => order.get(id) ?? 0;

  const put = (name: string, size: Size, within: string): void => {
    graph.setNode(name, { width: size.width, height: size.height });
    if (within !== '') graph.setParent(name, frameName(within));
  };
  for (const id of [...order.keys()]) {
    const state = plan.states.get(id);
    const head = heads.get(id);
    if (state === undefined || head === undefined) continue;
    const isFrame = id !== '' && state.children.length > 0;
    if (isFrame) {
      graph.setNode(frameName(id), {});
      if (state.parent !== null && state.parent !== '')
        graph.setParent(frameName(id), frameName(state.parent));
    }
    put(headName(id), head, isFrame ? id : (state.parent ?? ''));
    // The weight is low: the edge only keeps a head above its contents. It is an integer, because dagre fails on rounding.
    if (state.parent !== null && state.parent !== '') {
      graph.setEdge(headName(state.parent), headName(id), { weight: 1 }, 'inside');
    }
  }
  for (const { id, from, to, within } of plan.edges) {
    put(labelName(id), labels.get(id) ?? { width: 0, height: 0 }, within);
    const [upper, lower] = orderOf(from) < orderOf(to) ? [from, to] : [to, from];
    graph.setEdge(headName(upper), labelName(id), { weight: 100 }, id);
    graph.setEdge(labelName(id), headName(lower), { weight: 100 }, id);
  }
  layOut(graph);

  const placed = (name: string): Rect => {
    const { x, y, width, height } = graph.node(name) as Rect;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const { x, y } = around([
    ...graph.nodes().map(placed),
    ...graph
      .edges()
      .flatMap((edge) => pointsOf(graph.edge(edge)).map((point) => ({ ...point, width: 0, height: 0 }))),
  ]);
  const toOrigin = <Shape extends Point>(shape: Shape): Shape => moved(shape, origin.x - x, origin.y - y);
  const rectOf = (name: string): Rect => toOrigin(placed(name));
  // The first and last points are on the borders of nodes and are dropped; `ports.ts` decides where a line begins and ends.
  const passed = (from: string, to: string, id: string): Point[] =>
    pointsOf(graph.edge(from, to, id))
      .slice(1, -1)
      .map(toOrigin);
  return {
    heads: new Map([...heads.keys()].map((id) => [id, rectOf(headName(id))])),
    frames: new Map(
      [...heads.keys()].filter((id) => graph.hasNode(frameName(id))).map((id) => [id, rectOf(frameName(id))]),
    ),
    edges: new Map(
      plan.edges.map(({ id, from, to }) => {
        const isUpward = orderOf(from) > orderOf(to);
        const [upper, lower] = isUpward ? [to, from] : [from, to];
        return [
          id,
          {
            isUpward,
            label: rectOf(labelName(id)),
            above: passed(headName(upper), labelName(id), id),
            below: passed(labelName(id), headName(lower), id),
          },
        ];
      }),
    ),
  };
}

const pointsOf = (edge: unknown): readonly Point[] => (edge as { readonly points: readonly Point[] }).points;
