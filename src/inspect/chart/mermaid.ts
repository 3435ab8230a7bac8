import type { ChartModel, ChartState, ChartTransition } from './chart-model.ts';
import { lineText, mergedLines } from './lines.ts';

/** Names that mermaid takes for something else. */
const reserved =
  /^(state|note|end|direction|classDef|class|style|click|as|default|hide|scale|stateDiagram.*)$/i;

/** Characters that would end a label or begin markup, as mermaid writes them. */
const written = (text: string): string =>
  text.replace(/[#;:<>{}"\r\n]/g, (character) => `#${character.codePointAt(0)};`);

/** Names of the states for mermaid: paths whose every character it takes. */
class Names {
  readonly #byId = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  of(id: string): string {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const plain = (id === '' ? this.#root : id).replace(/[^A-Za-z0-9_]+/g, '_');
    let name = reserved.test(plain) || plain === '_' ? `${plain}_` : plain;
    while (this.#taken.has(name)) name += '_';
    this.#taken.add(name);
    this.#byId.set(id, name);
    return name;
  }
}

interface Change {
  readonly from: string;
  readonly to: string;
  readonly transitions: ChartTransition[];
}

/** The transitions between each two states that are not the same. */
function changesOf(transitions: readonly ChartTransition[]): Change[] {
  const found = new Map<string, Change>();
  for (const transition of transitions) {
    const { source: from } = transition;
    for (const to of transition.targets) {
      if (to === from) continue;
      const key = JSON.stringify([from, to]);
      const change = found.get(key) ?? { from, to, transitions: [] };
      change.transitions.push(transition);
      found.set(key, change);
    }
  }
  return [...found.values()];
}

const labelOf = ({ transitions }: Change): string =>
  mergedLines(transitions, 'plain')
    .map(({ runs }) => lineText(runs))
    .join(', ');

/** A chart as text for mermaid: every change of state. What leaves a state as it is, mermaid would draw as a loop each. */
export function chartMermaid({ states, transitions }: ChartModel): string {
  const [root] = states;
  const byId = new Map(states.map((state) => [state.id, state]));
  const names = new Names(root?.kind === 'compound' ? 'any state' : (root?.key ?? ''));
  const changes = changesOf(transitions);

  const state = (each: ChartState, indent: string): string[] => {
    const name = names.of(each.id);
    const title = `state "${written(titleOf(each))}" as ${name}`;
    if (each.children.length > 0) {
      return [`${indent}${title} {`, ...inside(each, `${indent}  `), `${indent}}`];
    }
    return name === each.key ? [] : [`${indent}${title}`];
  };
  const inside = ({ children, kind }: ChartState, indent: string): string[] =>
    children.flatMap((id, index) => {
      const child = byId.get(id);
      if (child === undefined) return [];
      return [
        ...(kind === 'parallel' && index > 0 ? [`${indent}--`] : []),
        ...(child.isInitial ? [`${indent}[*] --> ${names.of(id)}`] : []),
        ...state(child, indent),
        ...(child.kind === 'final' ? [`${indent}${names.of(id)} --> [*]`] : []),
      ];
    });
  const whole = (each: ChartState): string[] => {
    // Regions have to be in a state.
    if (each.kind !== 'compound') return state(each, '  ');
    const isMeant = changes.some(({ from, to }) => from === '' || to === '');
    return [...(isMeant ? [`  state "any state" as ${names.of('')}`] : []), ...inside(each, '  ')];
  };
  return [
    'stateDiagram-v2',
    ...(root === undefined ? [] : whole(root)),
    ...changes.map((each) => `  ${names.of(each.from)} --> ${names.of(each.to)}: ${written(labelOf(each))}`),
    '',
  ].join('\n');
}

const titleOf = ({ kind, key }: ChartState): string => {
  if (kind === 'history') return 'H';
  return kind === 'deepHistory' ? 'H*' : key;
};
