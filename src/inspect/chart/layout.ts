import { boxOf, type ChartBox, headSize, isDrawn, outlinesOf } from './boxes.ts';
import type { ChartModel } from './chart-model.ts';
import { around, bottomOf, type Point, type Rect, rightOf } from './geometry.ts';
import type { Route } from './line.ts';
import { type ChartDetail, type ChartLine, labelLines, rowLines, widest } from './lines.ts';
import { lineHeight, type Measure, measureText, textStyles } from './measure.ts';
import { place, type Size } from './place.ts';
import { planChart } from './plan.ts';
import { routeEdges } from './route.ts';

/** The line for all transitions from one state to another. */
export interface ChartEdge extends Route {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly transitions: readonly string[];
  /** The nesting depth of the frame that holds it; 0 for none. */
  readonly depth: number;
  readonly label: Rect & { readonly lines: readonly ChartLine[] };
}

/** The mark of an initial state: a dot, and an arrow from there to the box. */
export interface InitialMark extends Point {
  readonly state: string;
  /** Where the arrow ends. */
  readonly to: Point;
}

/** A laid-out chart as plain data, in px. */
export interface ChartLayout {
  /** The machine's id. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** All boxes; frames come before their contents. */
  readonly boxes: readonly ChartBox[];
  readonly edges: readonly ChartEdge[];
  readonly initials: readonly InitialMark[];
}

export interface LayoutOptions {
  /** How much the labels say. Default `plain`. */
  readonly detail?: ChartDetail;
  /** Measures text. Default: an estimate from the characters, slightly too wide; a browser can measure exactly. */
  readonly measure?: Measure;
}

const inLabel = { x: 5, y: 2 };
const margin = 12;
const mark = { left: 15, below: 19, radius: 3.5 };

/** The largest number of states, and of lines, that are laid out; more would take too long and be unreadable. */
const maxParts = 250;

/**
 * Lays out a chart from top to bottom. No box or label covers another, unless a frame holds it.
 *
 * @throws RangeError for a chart of more than 250 states or lines.
 */
export function layoutChart(
  model: ChartModel,
  { detail = 'plain', measure = measureText }: LayoutOptions = {},
): ChartLayout {
  const plan = planChart(model, detail);
  const states = [...plan.states.values()];
  if (states.length > maxParts || plan.edges.length > maxParts) {
    throw new RangeError(
      `${model.id} has ${states.length} states and ${plan.edges.length} lines between them; at most ${maxParts} of each are drawn`,
    );
  }
  const rows = new Map(states.map((state) => [state.id, rowLines(state, detail, textStyles.row, measure)]));
  const drawnStates = states.filter((state) => isDrawn(state, rows.get(state.id) ?? [], plan));
  const labels = new Map(
    plan.edges.map(({ id, transitions }) => [id, labelLines(transitions, detail, textStyles.label, measure)]),
  );
  const placement = place(
    plan,
    new Map(drawnStates.map((state) => [state.id, headSize(state, rows.get(state.id) ?? [], measure)])),
    new Map([...labels].map(([id, lines]) => [id, labelSize(lines, measure)])),
    { x: margin + mark.left + mark.radius, y: margin },
  );
  const outlines = outlinesOf(drawnStates, placement, plan);
  const boxes = drawnStates.map((state) => boxOf(state, rows.get(state.id) ?? [], placement, outlines));
  const routes = routeEdges({ placement, edges: plan.edges, boxes: outlines });
  const edges = plan.edges.map(({ id, from, to, within, transitions }) => ({
    id,
    from,
    to,
    transitions: transitions.map((transition) => transition.id),
    depth: plan.states.get(within)?.depth ?? 0,
    label: {
      ...(placement.edges.get(id)?.label ?? { x: 0, y: 0, width: 0, height: 0 }),
      lines: labels.get(id) ?? [],
    },
    ...(routes.get(id) ?? { points: [], path: '' }),
  }));
  const initials = boxes
    .filter(({ id }) => plan.states.get(id)?.isInitial)
    .map(({ id, x, head }) => ({
      state: id,
      x: x - mark.left,
      y: head.y + mark.below,
      to: { x, y: head.y + mark.below },
    }));
  const extent = around([
    ...boxes,
    ...edges.map(({ label }) => label),
    ...edges.flatMap(({ points }) => points.map((point) => ({ ...point, width: 0, height: 0 }))),
  ]);
  return {
    title: model.id,
    width: Math.ceil(rightOf(extent) + margin),
    height: Math.ceil(bottomOf(extent) + margin),
    boxes,
    edges,
    initials,
  };
}

const labelSize = (lines: readonly ChartLine[], measure: Measure): Size => ({
  width: widest(lines, textStyles.label, measure) + 2 * inLabel.x,
  height: lines.length * lineHeight(textStyles.label) + 2 * inLabel.y,
});
