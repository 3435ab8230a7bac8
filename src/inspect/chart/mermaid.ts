import type { ChartModel, ChartState, ChartTransition } from './chart-model.ts';
import { lineText, mergedLines } from './lines.ts';

/** Words that have a special meaning in mermaid. */
const reserved =
  /^(state|note|end|direction|classDef|class|style|click|as|default|hide|scale|stateDiagram.*)$/i;

/** Mermaid's escapes for characters that would end a label or start markup. */
const written = (text: string): string =>
  text.replace(/[#;:<>{}"\r\n]/g, (character) => `#${character.codePointAt(0)};`);

/** The names of the states for mermaid: paths with only the characters that it accepts. */
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

/** The transitions between each pair of different states. */
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

/** A chart as text for mermaid. It omits transitions that do not change the state, which mermaid would draw as loops. */
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
    // Mermaid allows regions only inside a state.
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
