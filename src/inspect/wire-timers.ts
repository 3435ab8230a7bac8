import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import type { TimerNews } from './protocol.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** Limits that no machine written by a person exceeds: its nesting depth, and its number of states. */
const maxDepth = 20;
const maxStates = 1_000;

/** The part of a machine's config that timers need: of each state its name, its delays, and the states inside. */
export function timedStates(config: unknown): Fields {
  let left = maxStates;
  const partOf = (fields: Fields, depth: number): Fields => {
    const { id, after, states } = fields;
    const inner: [string, Fields][] = [];
    for (const [key, state] of Object.entries(fieldsOf(states))) {
      left -= 1;
      if (left < 0 || depth > maxDepth) break;
      inner.push([key.slice(0, 200), partOf(fieldsOf(state), depth + 1)]);
    }
    const delays = Object.keys(fieldsOf(after)).filter((delay) => Number.isFinite(Number(delay)));
    return {
      ...(typeof id === 'string' && { id: id.slice(0, 200) }),
      ...(delays.length > 0 && {
        after: Object.fromEntries(delays.slice(0, 20).map((delay) => [delay, true])),
      }),
      ...(inner.length > 0 && { states: Object.fromEntries(inner) }),
    };
  };
  return partOf(fieldsOf(config), 0);
}

/** The configs of the active states, from the root down, each with XState's name of the state. */
function* activeStates(
  config: Fields,
  value: unknown,
  path = '(machine)',
  depth = 0,
): Generator<[name: string, config: Fields]> {
  const name = typeof config.id === 'string' ? config.id : path;
  yield [name, config];
  if (depth > 20) return;
  // A state is named by its path from the machine, even if one of its ancestors has its own `id`.
  const from = depth === 0 ? name : path;
  const states = fieldsOf(config.states);
  const inner = typeof value === 'string' ? { [value]: undefined } : fieldsOf(value);
  for (const [key, within] of Object.entries(inner)) {
    if (Object.hasOwn(states, key)) {
      yield* activeStates(fieldsOf(states[key]), within, `${from}.${key}`, depth + 1);
    }
  }
}

/** The delay of an open circuit, of which the protocol carries only the name. */
function backoffMs(context: Fields): number {
  const { currentBackoffMs, config } = context;
  const ms = currentBackoffMs === 0 ? fieldsOf(config).resetTimeoutMs : currentBackoffMs;
  return typeof ms === 'number' ? ms : 0;
}

/** Whether the timers of a state have restarted. */
function hasEntered(actor: KnownActor, before: SeenSnapshot | undefined, after: SeenSnapshot): boolean {
  if (JSON.stringify(before?.value) !== JSON.stringify(after.value)) return true;
  const [earlier, later] = [fieldsOf(before?.context), fieldsOf(after.context)];
  return actor.kind === 'circuit' && earlier.lastFailureAt !== later.lastFailureAt;
}

/**
 * The timers of a remote actor, which the protocol does not carry. They are computed from the time at which its state was
 * entered and the delays in its definition, or from the backoff for our own circuits.
 */
export function timersOf(
  config: unknown,
  actor: KnownActor,
  before: SeenSnapshot | undefined,
  after: SeenSnapshot,
  now: number,
): readonly TimerNews[] {
  if (after.status !== undefined && after.status !== 'active') return [];
  if (!hasEntered(actor, before, after)) return actor.timers;
  if (actor.kind === 'circuit') {
    if (after.value !== 'open') return [];
    const delayMs = backoffMs(fieldsOf(after.context));
    return [{ event: 'xstate.after.backoff.toolCircuit.open', dueAt: now + delayMs, delayMs }];
  }
  return [...activeStates(fieldsOf(config), after.value)].flatMap(([name, state]) =>
    Object.keys(fieldsOf(state.after))
      .map(Number)
      .filter((delayMs) => Number.isFinite(delayMs))
      .map((delayMs) => {
        const event = `xstate.after.${delayMs}.${name}`;
        // The timer of a state that was already active keeps running.
        return actor.timers.find((each) => each.event === event) ?? { event, dueAt: now + delayMs, delayMs };
      }),
  );
}
