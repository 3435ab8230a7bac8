import type { ChartModel, ChartState, ChartTransition } from './chart-model.ts';
import { triggerWords } from './trigger.ts';

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

  of(id: string): string {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const plain = id === '' ? 'any_state' : id.replace(/[^A-Za-z0-9_]+/g, '_');
    let name = reserved.test(plain) || plain === '_' ? `${plain}_` : plain;
    while (this.#taken.has(name)) name += '_';
    this.#taken.add(name);
    this.#byId.set(id, name);
    return name;
  }
}

const labelOf = ({ trigger, guard }: ChartTransition): string =>
  triggerWords(trigger) + (guard === null ? '' : ` [${guard}]`);

/** The transitions between each two states that are not the same. */
function pairs(
  transitions: readonly ChartTransition[],
): Map<string, { from: string; to: string; labels: Set<string> }> {
  const found = new Map<string, { from: string; to: string; labels: Set<string> }>();
  for (const transition of transitions) {
    const { source: from } = transition;
    for (const to of transition.targets) {
      if (to === from) continue;
      const key = JSON.stringify([from, to]);
      const pair = found.get(key) ?? { from, to, labels: new Set<string>() };
      pair.labels.add(labelOf(transition));
      found.set(key, pair);
    }
  }
  return found;
}

/** A chart as text for mermaid: every change of state. What leaves a state as it is, mermaid would draw as a loop each. */
export function chartMermaid({ states, transitions }: ChartModel): string {
  const names = new Names();
  const byId = new Map(states.map((state) => [state.id, state]));
  const root = states[0];
  const lines = ['stateDiagram-v2'];
  const changes = [...pairs(transitions).values()];

  const put = (state: ChartState): void => {
    const indent = '  '.repeat(state.depth);
    const name = names.of(state.id);
    const isFrame = state.children.length > 0;
    if (isFrame) lines.push(`${indent}state "${written(state.key)}" as ${name} {`);
    else if (name !== state.key) lines.push(`${indent}state "${written(titleOf(state))}" as ${name}`);
    if (isFrame) {
      putChildren(state);
      lines.push(`${indent}}`);
    }
  };
  const putChildren = ({ children, kind, depth }: ChartState): void => {
    const indent = '  '.repeat(depth + 1);
    for (const [index, id] of children.entries()) {
      const child = byId.get(id);
      if (child === undefined) continue;
      if (kind === 'parallel' && index > 0) lines.push(`${indent}--`);
      if (child.isInitial) lines.push(`${indent}[*] --> ${names.of(id)}`);
      put(child);
      if (child.kind === 'final') lines.push(`${indent}${names.of(id)} --> [*]`);
    }
  };

  if (root === undefined) return `${lines.join('\n')}\n`;
  if (changes.some(({ from, to }) => from === '' || to === ''))
    lines.push(`  state "any state" as ${names.of('')}`);
  if (root.children.length === 0) lines.push(`  state "${written(root.key)}" as ${names.of('')}`);
  putChildren(root);
  for (const { from, to, labels } of changes) {
    lines.push(`  ${names.of(from)} --> ${names.of(to)}: ${written([...labels].join(', '))}`);
  }
  return `${lines.join('\n')}\n`;
}

const titleOf = ({ kind, key }: ChartState): string =>
  kind === 'history' ? 'H' : kind === 'deepHistory' ? 'H*' : key;
