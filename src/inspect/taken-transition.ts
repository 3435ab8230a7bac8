import type { TakenNews } from './protocol.ts';

/** The part that is read of XState's description of a taken transition. */
interface Definition {
  readonly eventType: string;
  readonly source: {
    readonly path: readonly string[];
    readonly transitions: ReadonlyMap<string, readonly unknown[]>;
    readonly always?: readonly unknown[];
  };
}

/** The position of a transition in its state; undefined if XState's internals are not as expected. */
export function takenTransition(transition: unknown): TakenNews | undefined {
  try {
    const { eventType, source } = transition as Definition;
    const alike = eventType === '' ? source.always : source.transitions.get(eventType);
    const index = alike?.indexOf(transition) ?? -1;
    if (index === -1) return undefined;
    return {
      source: source.path.map((key) => key.replaceAll('.', '\\.')).join('.'),
      event: eventType,
      index,
    };
  } catch {
    return undefined;
  }
}
