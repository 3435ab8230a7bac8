import { circuitName } from './circuit-name.ts';
import { type CircuitState, countsAsOpen } from './circuit-state.ts';

/** The open and isolated circuits of a registry. */
export interface OpenCircuits {
  /** Their names, in the order in which they opened. */
  readonly openCircuits: readonly string[];
  /** How many tools they belong to: a tool with several open keys counts once. */
  readonly openTools: number;
  /** How many of them have a key, by tool; tools without any are left out. */
  readonly openKeys: Readonly<Record<string, number>>;
}

export const noneOpen: OpenCircuits = Object.freeze({
  openCircuits: [],
  openTools: 0,
  openKeys: Object.freeze({}),
});

/** A circuit, as its reports name it. */
interface Named {
  readonly tool: string;
  readonly key?: string | null;
}

const keysOf = (openKeys: OpenCircuits['openKeys'], tool: string): number =>
  Object.hasOwn(openKeys, tool) ? (openKeys[tool] ?? 0) : 0;

function withKeys(openKeys: OpenCircuits['openKeys'], tool: string, count: number): OpenCircuits['openKeys'] {
  const { [tool]: _, ...others } = openKeys;
  return count === 0 ? others : { ...others, [tool]: count };
}

/** Whether a tool has an open circuit. Only where some of its circuits have keys can it be another than the one in question. */
const isOpen = ({ openCircuits, openKeys }: OpenCircuits, { tool, key = null }: Named): boolean =>
  keysOf(openKeys, tool) > 0 || (key !== null && openCircuits.indexOf(tool) >= 0);

/** The open circuits after one has started in a state or changed its state. */
export function openAfter(
  open: OpenCircuits,
  circuit: Named,
  from: CircuitState | null,
  to: CircuitState,
): OpenCircuits {
  if (countsAsOpen(from) === countsAsOpen(to)) return open;
  const { tool, key = null } = circuit;
  const name = circuitName(tool, key);
  if (countsAsOpen(to)) {
    const openTools = open.openTools + (isOpen(open, circuit) ? 0 : 1);
    const openKeys =
      key === null ? open.openKeys : withKeys(open.openKeys, tool, keysOf(open.openKeys, tool) + 1);
    return { openCircuits: open.openCircuits.concat(name), openTools, openKeys };
  }
  const at = open.openCircuits.indexOf(name);
  if (at < 0) return open;
  const openCircuits = open.openCircuits.toSpliced(at, 1);
  const openKeys =
    key === null ? open.openKeys : withKeys(open.openKeys, tool, keysOf(open.openKeys, tool) - 1);
  const after = { openCircuits, openKeys, openTools: open.openTools };
  return isOpen(after, circuit) ? after : { ...after, openTools: open.openTools - 1 };
}

/** The open circuits without some of them. */
export function openWithout(open: OpenCircuits, circuits: readonly Named[]): OpenCircuits {
  if (circuits.length === 0) return open;
  const names = new Set(circuits.map(({ tool, key }) => circuitName(tool, key)));
  const openCircuits = open.openCircuits.filter((name) => !names.has(name));
  let { openKeys } = open;
  const byTool = new Map<string, Named>();
  for (const circuit of circuits) {
    const { tool, key = null } = circuit;
    if (key !== null) openKeys = withKeys(openKeys, tool, keysOf(openKeys, tool) - 1);
    byTool.set(tool, circuit);
  }
  const after = { openCircuits, openKeys, openTools: open.openTools };
  const gone = [...byTool.values()].filter((circuit) => !isOpen(after, circuit)).length;
  return { ...after, openTools: open.openTools - gone };
}
