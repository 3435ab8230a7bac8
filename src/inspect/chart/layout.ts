import type { ChartModel } from './chart-model.ts';
import { around, bottomOf, type Point, type Rect, rightOf } from './geometry.ts';
import { type ChartDetail, type ChartLine, labelLines, lineWidth, rowLines } from './lines.ts';
import { lineHeight, type Measure, measureText, type TextStyle, textStyles } from './measure.ts';
import { type Placement, place, type Size } from './place.ts';
import { type ChartPlan, type PlannedState, planChart } from './plan.ts';
import { type Route, routeEdges } from './route.ts';

/** A state as a box. One with others in it is a frame around them. */
export interface ChartBox extends Rect {
  /** The id of the state. The root's box stands for any state. */
  readonly id: string;
  readonly kind: PlannedState['kind'];
  readonly isFrame: boolean;
  readonly depth: number;
  readonly title: string;
  readonly rows: readonly ChartLine[];
  /** Where the title and the rows are: all of the box, or the head of a frame. */
  readonly head: Rect;
  readonly description: string | null;
}

/** The transitions from one state to another, as one line. */
export interface ChartEdge extends Route {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly transitions: readonly string[];
  /** How deep the frame is nested that holds it; 0 for none. */
  readonly depth: number;
  readonly label: Rect & { readonly lines: readonly ChartLine[] };
}

/** The mark that its parent begins with a state: a dot, and an arrow from there to the box. */
export interface InitialMark extends Point {
  readonly state: string;
  /** Where the arrow ends. */
  readonly to: Point;
}

/** A chart as it is drawn, in px: plain data. */
export interface ChartLayout {
  /** The machine's id. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Frames before what is in them. */
  readonly boxes: readonly ChartBox[];
  readonly edges: readonly ChartEdge[];
  readonly initials: readonly InitialMark[];
}

export interface LayoutOptions {
  /** Default `plain`. */
  readonly detail?: ChartDetail;
  /** Default: a guess by the characters, a little too wide. A browser can measure. */
  readonly measure?: Measure;
}

const inBox = { x: 14, y: 9, betweenTitleAndRows: 4 };
const inLabel = { x: 5, y: 2 };
const frameBottom = 16;
const margin = 12;
const mark = { left: 15, below: 19, radius: 3.5 };

const widest = (lines: readonly ChartLine[], style: TextStyle, measure: Measure): number =>
  Math.max(0, ...lines.map((line) => lineWidth(line, style, measure)));

/** So many states, and so many lines between them, are laid out: more would take long, and nobody could read them. */
const most = 250;

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
  if (states.length > most || plan.edges.length > most) {
    throw new RangeError(
      `${model.id} has ${states.length} states and ${plan.edges.length} lines between them; at most ${most} of each are drawn`,
    );
  }
  const rows = new Map(states.map((state) => [state.id, rowLines(state, detail, textStyles.row, measure)]));
  const drawnStates = states.filter(
    (state) => state.parent !== null || standsForAny(state, rows.get(state.id) ?? [], plan) || isAlone(state),
  );
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
  const routes = routeEdges({
    placement,
    edges: plan.edges,
    boxes: outlines,
  });
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

/** Whether the root says anything of its own: it is drawn as a box for any state then, and not as a frame around all. */
const standsForAny = ({ id }: PlannedState, rows: readonly ChartLine[], plan: ChartPlan): boolean =>
  rows.length > 0 || plan.edges.some(({ from, to }) => from === id || to === id);

/** Whether the machine has no states in it. */
const isAlone = ({ parent, children }: PlannedState): boolean => parent === null && children.length === 0;

const titleOf = (state: PlannedState): string =>
  state.parent === null && !isAlone(state) ? 'any state' : state.key;

const historyMarks: Partial<Record<PlannedState['kind'], string>> = { history: 'H', deepHistory: 'H*' };

function headSize(state: PlannedState, rows: readonly ChartLine[], measure: Measure): Size {
  const width = Math.max(measure(titleOf(state), textStyles.title), widest(rows, textStyles.row, measure));
  const rowsHeight =
    rows.length === 0 ? 0 : inBox.betweenTitleAndRows + rows.length * lineHeight(textStyles.row);
  return {
    width: Math.max(64, width + 2 * inBox.x),
    height: 2 * inBox.y + lineHeight(textStyles.title) + rowsHeight,
  };
}

const labelSize = (lines: readonly ChartLine[], measure: Measure): Size => ({
  width: widest(lines, textStyles.label, measure) + 2 * inLabel.x,
  height: lines.length * lineHeight(textStyles.label) + 2 * inLabel.y,
});

/** The outlines of all states: a frame is as high as what is in it. */
function outlinesOf(
  states: readonly PlannedState[],
  placement: Placement,
  { edges }: ChartPlan,
): ReadonlyMap<string, Rect> {
  const outlines = new Map<string, Rect>();
  // From the innermost to the outermost.
  for (const { id, children } of [...states].reverse()) {
    const head = placement.heads.get(id);
    const frame = placement.frames.get(id);
    if (head === undefined) continue;
    if (frame === undefined) {
      outlines.set(id, head);
      continue;
    }
    const labels = edges
      .filter(({ within }) => within === id)
      .map((edge) => placement.edges.get(edge.id)?.label);
    const inside = [head, ...children.map((child) => outlines.get(child)), ...labels].filter(
      (rect) => rect !== undefined,
    );
    const { y, height } = around(inside);
    outlines.set(id, { x: frame.x, width: frame.width, y, height: height + frameBottom });
  }
  return outlines;
}

function boxOf(
  state: PlannedState,
  rows: readonly ChartLine[],
  { heads, frames }: Placement,
  outlines: ReadonlyMap<string, Rect>,
): ChartBox {
  const { id, depth, description } = state;
  const head = heads.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  return {
    id,
    kind: titleOf(state) === state.key ? state.kind : 'any',
    isFrame: frames.has(id),
    depth,
    title: historyMarks[state.kind] ?? titleOf(state),
    rows,
    head,
    description,
    ...(outlines.get(id) ?? head),
  };
}
