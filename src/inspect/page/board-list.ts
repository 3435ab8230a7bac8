import { computed, signal } from '@preact/signals';
import type { ActorNews } from '../protocol.ts';
import { circuitStates, lookOf } from './state-look.ts';
import { actorList } from './store.ts';

export const sorts = {
  trouble: 'Trouble first',
  name: 'Name',
  failures: 'Failures',
  denials: 'Denials',
  recovery: 'Next to recover',
} as const;
export type Sort = keyof typeof sorts;

export const sort = signal<Sort>('trouble');
export const search = signal('');
/** The state to filter by; null for all. */
export const onlyState = signal<string | null>(null);

const rank = ({ state, kind }: ActorNews): number => {
  const index = kind === 'circuit' ? (circuitStates as readonly string[]).indexOf(state) : -1;
  return index === -1 ? circuitStates.length : index;
};
const byName = (a: ActorNews, b: ActorNews): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
/** When the circuit recovers by itself. The timer of a half-open circuit is not its recovery, but its probe's time limit. */
const dueOf = ({ timers, state }: ActorNews): number =>
  state === 'halfOpen' ? Infinity : timers.reduce((first, { dueAt }) => Math.min(first, dueAt), Infinity);

const compare: Readonly<Record<Sort, (a: ActorNews, b: ActorNews) => number>> = {
  trouble: (a, b) => rank(a) - rank(b) || (b.tool?.failures ?? 0) - (a.tool?.failures ?? 0),
  name: () => 0,
  failures: (a, b) => (b.tool?.failures ?? 0) - (a.tool?.failures ?? 0),
  denials: (a, b) => (b.tool?.denials ?? 0) - (a.tool?.denials ?? 0),
  recovery: (a, b) => {
    const [first, second] = [dueOf(a), dueOf(b)];
    return first === second ? 0 : first - second;
  },
};

/** The actors on the board: all but the registries. */
export const tools = computed(() => actorList.value.filter(({ kind }) => kind !== 'registry'));

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

/** The rows of the board, filtered and sorted. */
export const boardRows = computed(() => {
  const words = search.value.trim().toLowerCase();
  const by = compare[sort.value];
  return tools.value
    .filter(
      ({ name, state }) =>
        (onlyState.value === null || state === onlyState.value) && name.toLowerCase().includes(words),
    )
    .sort((a, b) => by(a, b) || byName(a, b));
});
