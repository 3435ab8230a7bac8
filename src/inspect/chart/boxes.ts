import { around, type Rect } from './geometry.ts';
import { type ChartLine, widest } from './lines.ts';
import { lineHeight, type Measure, textStyles } from './measure.ts';
import type { Placement, Size } from './place.ts';
import type { ChartPlan, PlannedState } from './plan.ts';

/** A state as a box. A state with others inside is a frame around them. */
export interface ChartBox extends Rect {
  /** The id of the state. The box of the root stands for any state. */
  readonly id: string;
  readonly kind: PlannedState['kind'];
  readonly isFrame: boolean;
  readonly depth: number;
  readonly title: string;
  readonly rows: readonly ChartLine[];
  /** The area of the title and rows: the whole box, or the head of a frame. */
  readonly head: Rect;
  readonly description: string | null;
}

const inBox = { x: 14, y: 9, betweenTitleAndRows: 4 };
const frameBottom = 16;

/** Whether the root has transitions or actions. If so, it is drawn as a box for "any state", not as a frame around all. */
const standsForAny = ({ id }: PlannedState, rows: readonly ChartLine[], plan: ChartPlan): boolean =>
  rows.length > 0 || plan.edges.some(({ from, to }) => from === id || to === id);

/** Whether the machine has no states. */
const isAlone = ({ parent, children }: PlannedState): boolean => parent === null && children.length === 0;

/** Whether a state is drawn; the root is, only if it has transitions or actions. */
export const isDrawn = (state: PlannedState, rows: readonly ChartLine[], plan: ChartPlan): boolean =>
  state.parent !== null || isAlone(state) || standsForAny(state, rows, plan);

const titleOf = (state: PlannedState): string =>
  state.parent === null && !isAlone(state) ? 'any state' : state.key;

const historyMarks: Partial<Record<PlannedState['kind'], string>> = { history: 'H', deepHistory: 'H*' };

export function headSize(state: PlannedState, rows: readonly ChartLine[], measure: Measure): Size {
  const width = Math.max(measure(titleOf(state), textStyles.title), widest(rows, textStyles.row, measure));
  const rowsHeight =
    rows.length === 0 ? 0 : inBox.betweenTitleAndRows + rows.length * lineHeight(textStyles.row);
  return {
    width: Math.max(64, width + 2 * inBox.x),
    height: 2 * inBox.y + lineHeight(textStyles.title) + rowsHeight,
  };
}

/** The outlines of all states; the height of a frame follows from its contents. */
export function outlinesOf(
  states: readonly PlannedState[],
  placement: Placement,
  { edges }: ChartPlan,
): ReadonlyMap<string, Rect> {
  const outlines = new Map<string, Rect>();
  // Innermost states first.
  for (const { id } of [...states].reverse()) {
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
    const children = states.filter(({ parent }) => parent === id).map((child) => outlines.get(child.id));
    const inside = [head, ...children, ...labels].filter((rect) => rect !== undefined);
    const { y, height } = around(inside);
    outlines.set(id, { x: frame.x, width: frame.width, y, height: height + frameBottom });
  }
  return outlines;
}

export function boxOf(
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
