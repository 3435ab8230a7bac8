import { durationInWords, inWords } from './words.ts';

/** The trigger of a transition. */
export interface ChartTrigger {
  /**
   * An `event`, an elapsed delay (`after`), only a guard (`always`), or a state or actor that is `done`, has failed (`error`)
   * or has emitted a `snapshot`.
   */
  readonly kind: 'event' | 'after' | 'always' | 'done' | 'error' | 'snapshot';
  /** The event's type, the delay's name or its ms as text, or the id of the state or actor; empty for `always`. */
  readonly name: string;
}

/** XState's own events; the part after the delay is the id of the state. */
const madeUp = [
  [/^xstate\.done\.state\.(.*)$/, 'done'],
  [/^xstate\.done\.actor\.(.*)$/, 'done'],
  [/^xstate\.error\.actor\.(.*)$/, 'error'],
  [/^xstate\.snapshot\.(.*)$/, 'snapshot'],
] as const;

/** The trigger for an event type in a given state; recognises XState's own events. */
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

/** The label of a trigger: "after 5 s", "search is done", "any event". */
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
