import { computed, signal } from '@preact/signals';
import type { Actor } from './feed.ts';
import { circuitStates, lookOf } from './state-look.ts';
import { actorList, actors, feeds } from './store.ts';
import { factsOf, toolOf, upstreamOf } from './upstream.ts';

export const sorts = {
  trouble: 'Trouble first',
  name: 'Name',
  calls: 'Calls',
  errors: 'Error share',
  slow: 'Slowest',
  failures: 'Failures',
  denials: 'Denials',
  recovery: 'Next to recover',
} as const;
export type Sort = keyof typeof sorts;

export const sort = signal<Sort>('trouble');
export const search = signal('');
/** The state to filter by; null for all. */
export const onlyState = signal<string | null>(null);
/** The rows whose inner rows a person has shown or hidden, by their keys. */
const isFolded = signal<ReadonlyMap<string, boolean>>(new Map());

/** With more inner rows than this, a row is folded at first. */
const maxUnfolded = 12;

/** A row of the board. */
export type BoardRow =
  | {
      readonly kind: 'tool';
      readonly key: string;
      readonly actor: Actor;
      /** How far it is indented: below what it depends on, or below the tool of its key. */
      readonly depth: number;
      readonly inner: readonly Actor[];
      readonly isFolded: boolean;
    }
  /** The head of the rows of one process or app. */
  | { readonly kind: 'group'; readonly key: string; readonly actor: Actor; readonly count: number }
  /** A tool of which only circuits with keys exist. */
  | {
      readonly kind: 'keys';
      readonly key: string;
      readonly name: string;
      readonly depth: number;
      readonly inner: readonly Actor[];
      readonly isFolded: boolean;
    };

const rank = ({ state, kind }: Actor): number => {
  const index = kind === 'circuit' ? (circuitStates as readonly string[]).indexOf(state) : -1;
  return index === -1 ? circuitStates.length : index;
};
const byName = (a: Actor, b: Actor): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
/** When the circuit recovers by itself. The timer of a half-open circuit is not its recovery, but its probe's time limit. */
const dueOf = ({ timers, state }: Actor): number =>
  state === 'halfOpen' ? Infinity : timers.reduce((first, { dueAt }) => Math.min(first, dueAt), Infinity);

const descending =
  (value: (actor: Actor) => number) =>
  (a: Actor, b: Actor): number =>
    value(b) - value(a);

const compare: Readonly<Record<Sort, (a: Actor, b: Actor) => number>> = {
  trouble: (a, b) => rank(a) - rank(b) || (b.tool?.failures ?? 0) - (a.tool?.failures ?? 0),
  name: () => 0,
  calls: descending((actor) => factsOf(actor)?.perMinute ?? 0),
  errors: descending((actor) => factsOf(actor)?.errorShare ?? -1),
  slow: descending((actor) => factsOf(actor)?.latency?.p95 ?? -1),
  failures: descending(({ tool }) => tool?.failures ?? 0),
  denials: descending(({ tool }) => tool?.denials ?? 0),
  recovery: (a, b) => {
    const [first, second] = [dueOf(a), dueOf(b)];
    return first === second ? 0 : first - second;
  },
};

/** The actors on the board: all but the registries and the runs. */
export const tools = computed(() =>
  actorList.value.filter(({ kind }) => kind !== 'registry' && kind !== 'run'),
);

/** How many actors are in each state, worst first: the states that occur, and the one filtered by. */
export const stateCounts = computed(() => {
  const counts = new Map<string, { kind: string; count: number }>();
  for (const { kind, state } of tools.value) {
    const known = counts.get(state);
    if (known === undefined) counts.set(state, { kind, count: 1 });
    else known.count += 1;
  }
  const { value: shown } = onlyState;
  if (shown !== null && !counts.has(shown)) counts.set(shown, { kind: 'circuit', count: 0 });
  const order = (state: string): number => {
    const index = (circuitStates as readonly string[]).indexOf(state);
    return index === -1 ? circuitStates.length : index;
  };
  return [...counts]
    .map(([state, { kind, count }]) => ({ state, kind, count, word: lookOf(kind, state).word }))
    .sort((a, b) => order(a.state) - order(b.state))
    .slice(0, 8);
});

/** The first of an actor's ancestors, such as its registry. */
function rootOf(actor: Actor): Actor {
  let root = actor;
  for (let depth = 0; depth < 20 && root.parent !== null; depth += 1) {
    const parent = actors.get(root.parent);
    if (parent === undefined) break;
    root = parent;
  }
  return root;
}

/** A circuit with what stands below it, or the name of a tool of which only circuits with keys exist. */
interface Branch {
  readonly actor: Actor | null;
  readonly name: string;
  readonly inner: Branch[];
  /** The actor by which it is sorted: the first of all below it. */
  first: Actor;
}

/** The circuit that another one stands below. */
const aboveOf = (actor: Actor): Actor | undefined => toolOf(actor) ?? upstreamOf(actor);

/** The actors as branches, each below what it depends on. */
function branchesOf(all: readonly Actor[]): Branch[] {
  const branches = new Map(
    all.map((actor): [string, Branch] => [actor.id, { actor, name: actor.name, inner: [], first: actor }]),
  );
  const named = new Map<string, Branch>();
  const roots: Branch[] = [];
  for (const [id, branch] of branches) {
    const { actor } = branch;
    if (actor === null) continue;
    const above = aboveOf(actor);
    // Two circuits that depend on each other stand side by side.
    const isMutual = above !== undefined && aboveOf(above)?.id === id;
    const parent = above === undefined || isMutual ? undefined : branches.get(above.id);
    if (parent !== undefined) {
      parent.inner.push(branch);
    } else if (actor.tool !== null && actor.tool.key !== null) {
      const { tool } = actor.tool;
      let name = named.get(tool);
      if (name === undefined) {
        name = { actor: null, name: tool, inner: [], first: actor };
        named.set(tool, name);
        roots.push(name);
      }
      name.inner.push(branch);
    } else roots.push(branch);
  }
  return roots;
}

const order = (a: Actor, b: Actor): number => compare[sort.value](a, b) || byName(a, b);

/** Sorts branches by the first actor of each. */
function sortBranches(branches: Branch[]): void {
  for (const branch of branches) {
    sortBranches(branch.inner);
    const [inner] = branch.inner;
    if (inner !== undefined && (branch.actor === null || order(inner.first, branch.first) < 0)) {
      // By name, a branch stands where its own name does.
      if (sort.value !== 'name' || branch.actor === null) branch.first = inner.first;
    }
  }
  branches.sort((a, b) => order(a.first, b.first));
}

const leavesOf = ({ inner }: Branch): Actor[] =>
  inner.flatMap((branch) => [...(branch.actor === null ? [] : [branch.actor]), ...leavesOf(branch)]);

function* rowsOf(branches: readonly Branch[], depth: number, group: string): Generator<BoardRow> {
  for (const branch of branches) {
    const { actor, name } = branch;
    const key = actor?.id ?? `${group} ${name}`;
    const inner = leavesOf(branch);
    const hides = isFolded.value.get(key) ?? inner.length > maxUnfolded;
    yield actor === null
      ? { kind: 'keys', key, name, depth, inner, isFolded: hides }
      : { kind: 'tool', key, actor, depth, inner, isFolded: hides };
    if (!hides) yield* rowsOf(branch.inner, depth + 1, group);
  }
}

/** Whether an actor passes the filters. */
function isWanted(actor: Actor, words: string): boolean {
  if (onlyState.value !== null && actor.state !== onlyState.value) return false;
  return (
    words === '' ||
    actor.name.toLowerCase().includes(words) ||
    (feeds.value.length > 1 && rootOf(actor).name.toLowerCase().includes(words))
  );
}

/** The actors that pass the filters, with all that they stand below. */
function wanted(): Actor[] {
  const words = search.value.trim().toLowerCase();
  if (words === '' && onlyState.value === null) return tools.value;
  const kept = new Set<Actor>();
  for (const actor of tools.value) {
    if (!isWanted(actor, words)) continue;
    for (let each: Actor | undefined = actor; each !== undefined && !kept.has(each); each = aboveOf(each)) {
      kept.add(each);
    }
  }
  return tools.value.filter((actor) => kept.has(actor));
}

/** The rows of the board, filtered and sorted. */
export const boardRows = computed<readonly BoardRow[]>(() => {
  const groups = new Map<Actor, Actor[]>();
  for (const actor of wanted()) {
    const root = rootOf(actor);
    const others = groups.get(root);
    if (others === undefined) groups.set(root, [actor]);
    else others.push(actor);
  }
  // Apps that are one actor each need no heads.
  const hasHeads = [...groups.keys()].filter(({ kind }) => kind === 'registry').length > 1;
  // Processes stand as they are listed, whichever of them was heard first.
  const places = new Map(feeds.value.map((feed, place) => [feed, place]));
  const placeOf = ({ feed }: Actor): number => places.get(feed) ?? places.size;
  const inOrder = [...groups].sort(([one], [other]) => placeOf(one) - placeOf(other));
  return inOrder.flatMap(([root, all]) => {
    const branches = branchesOf(all);
    sortBranches(branches);
    const rows = [...rowsOf(branches, 0, root.id)];
    return hasHeads && root.kind === 'registry'
      ? [{ kind: 'group' as const, key: `group ${root.id}`, actor: root, count: all.length }, ...rows]
      : rows;
  });
});

/** Shows or hides what is below a row. */
export function fold(key: string, isHidden: boolean): void {
  isFolded.value = new Map([...isFolded.value, [key, isHidden]]);
}
