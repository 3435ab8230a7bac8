import type { TakenNews } from './protocol.ts';

/** What XState says of a transition that it takes, as far as it is looked at. */
interface Definition {
  readonly eventType: string;
  readonly source: {
    readonly path: readonly string[];
    readonly transitions: ReadonlyMap<string, readonly unknown[]>;
    readonly always?: readonly unknown[];
  };
}

/** Which of its state's transitions it is. Undefined where XState is not as we know it. */
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
