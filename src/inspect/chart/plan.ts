import { type Bundle, bundles } from './bundles.ts';
import type { ChartModel, ChartState, ChartTransition } from './chart-model.ts';
import type { ChartDetail } from './lines.ts';
import { joinedPath, parentOf } from './state-names.ts';

/** A node of the drawing: a state, or "any other state". */
export interface PlannedState extends Omit<ChartState, 'kind'> {
  readonly kind: ChartState['kind'] | 'any';
  /** The transitions written inside it, because they do not lead to another state. */
  readonly inside: readonly ChartTransition[];
}

/** All transitions from one state to another, drawn as one line with one label. */
export interface PlannedEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The innermost state that contains both ends; its frame holds the label. */
  readonly within: string;
  readonly transitions: readonly ChartTransition[];
}

/** How each part of a model is drawn. */
export interface ChartPlan {
  readonly states: ReadonlyMap<string, PlannedState>;
  readonly edges: readonly PlannedEdge[];
}

/** A state and its ancestors, up to the root. */
export function* lineage(id: string): Generator<string> {
  for (let each = id; each !== ''; each = parentOf(each)) yield each;
  yield '';
}

function innermostAround(from: string, to: string): string {
  const around = new Set(lineage(from));
  for (const each of lineage(to)) if (around.has(each)) return each;
  return '';
}

const standIn = (of: ChartState, id: string, key: string): PlannedState => ({
  ...of,
  id,
  key,
  parent: of.parent === null && of.id === id ? null : of.id,
  kind: 'any',
  isInitial: false,
  depth: of.depth + 1,
  children: [],
  entry: [],
  exit: [],
  invokes: [],
  description: null,
  inside: [],
});

/** Sorts transitions into lines between states and rows inside them. */
export function planChart(model: ChartModel, detail: ChartDetail): ChartPlan {
  const inside = new Map<string, ChartTransition[]>();
  const edges = new Map<string, PlannedEdge & { transitions: ChartTransition[] }>();
  const others = new Map<string, PlannedState>();
  const addTo = (from: string, to: string, transition: ChartTransition): void => {
    const id = `${from} -> ${to}`;
    const edge = edges.get(id) ?? { id, from, to, within: innermostAround(from, to), transitions: [] };
    edge.transitions.push(transition);
    edges.set(id, edge);
  };

  const bundled = detail === 'plain' ? bundles(model) : new Map<string, Bundle>();
  for (const transition of model.transitions) {
    const { id, source } = transition;
    const bundle = bundled.get(id);
    if (bundle !== undefined) {
      const { parent, target } = bundle;
      const hub = joinedPath(parent.id, '/others');
      others.set(hub, standIn(parent, hub, 'any other state'));
      addTo(hub, target, transition);
      continue;
    }
    const targets = transition.targets.filter((target) => target !== source);
    if (targets.length === 0) inside.set(source, [...(inside.get(source) ?? []), transition]);
    for (const target of targets) addTo(source, target, transition);
  }
  return {
    states: new Map(
      [
        ...model.states.map((state) => ({ ...state, inside: inside.get(state.id) ?? [] })),
        ...others.values(),
      ].map((state) => [state.id, state]),
    ),
    edges: [...edges.values()],
  };
}
