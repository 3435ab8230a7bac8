import { durationInWords, inWords } from './words.ts';

/** What makes a transition be taken. */
export interface ChartTrigger {
  /** An `event`, a delay that has run out (`after`), nothing but its guard (`always`), or a state or an actor that is `done`
   * or has failed (`error`), or that has given a `snapshot`. */
  readonly kind: 'event' | 'after' | 'always' | 'done' | 'error' | 'snapshot';
  /** The event's type, the delay's name or its ms as text, or the id of what is done; empty where there is nothing to name. */
  readonly name: string;
}

/** The events that XState makes up itself; what follows the delay is the id of the state. */
const madeUp = [
  [/^xstate\.done\.state\.(.*)$/, 'done'],
  [/^xstate\.done\.actor\.(.*)$/, 'done'],
  [/^xstate\.error\.actor\.(.*)$/, 'error'],
  [/^xstate\.snapshot\.(.*)$/, 'snapshot'],
] as const;

/** The trigger of an event's type, seen in the state with an id; XState's own events are told apart. */
export function triggerOf(eventType: string, stateId: string): ChartTrigger {
  const after = 'xstate.after.';
  if (eventType.startsWith(after)) {
    const suffix = `.${stateId}`;
    const name = eventType.endsWith(suffix) ? eventType.slice(after.length, -suffix.length) : eventType;
    return { kind: 'after', name };
  }
  if (eventType === '') return { kind: 'always', name: '' };
  for (const [pattern, kind] of madeUp) {
    const [, id] = pattern.exec(eventType) ?? [];
    if (id !== undefined) return { kind, name: id === stateId ? '' : id };
  }
  return { kind: 'event', name: eventType };
}

/** A trigger as a label says it: "after 5 s", "search is done", "any event". */
export function triggerWords({ kind, name }: ChartTrigger): string {
  switch (kind) {
    case 'after':
      return `after ${/^\d+(\.\d+)?$/.test(name) ? durationInWords(Number(name)) : inWords(name)}`;
    case 'always':
      return 'at once';
    case 'done':
      return name === '' ? 'done' : `${name} is done`;
    case 'error':
      return name === '' ? 'failed' : `${name} fails`;
    case 'snapshot':
      return `${name} changes`;
    case 'event':
      if (name === '*') return 'any event';
      return name.endsWith('.*') ? `any ${name.slice(0, -2)} event` : name;
  }
}
