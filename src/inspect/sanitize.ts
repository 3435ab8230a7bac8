import { plainValue } from './plain-value.ts';

/** What a value is that is about to be shown. */
export interface Shown {
  readonly kind: 'event' | 'context' | 'input' | 'output' | 'error' | 'definition';
  /** The name of its actor: of a circuit, its tool. */
  readonly actor: string;
}

/** Gives what is shown instead of a value: the same with its secrets taken out, or anything else. */
export type Sanitize = (value: unknown, shown: Shown) => unknown;

/** A user's `sanitize`, then plain JSON. Where it throws, nothing is shown. */
export function shower(sanitize: Sanitize | undefined): Sanitize {
  if (sanitize === undefined) return plainValue;
  return (value, shown) => {
    try {
      return plainValue(sanitize(value, shown));
    } catch (fault) {
      console.error('toolfuse: sanitize threw', fault);
      return '[hidden: sanitize threw]';
    }
  };
}

const sanitized = ['context', 'input', 'output', 'error'] as const;

/** A snapshot as plain JSON. Everything of it that a user put there goes through `sanitize`. */
export function showSnapshot(snapshot: object, actor: string, show: Sanitize): unknown {
  const fields = snapshot as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = {
    status: plainValue(fields.status),
    value: plainValue(fields.value),
  };
  for (const kind of sanitized) {
    if (fields[kind] !== undefined) shown[kind] = show(fields[kind], { kind, actor });
  }
  return shown;
}

/** A machine's config as JSON, with functions by their names, as `@statelyai/inspect` sends it. */
const definitionOf = (config: unknown): string =>
  JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'function' ? { type: value.name } : value,
  );

/** A machine's config as JSON, without what `sanitize` takes out. */
export function showDefinition(config: unknown, actor: string, sanitize: Sanitize | undefined): string {
  try {
    const definition = definitionOf(config);
    if (sanitize === undefined) return definition;
    return definitionOf(sanitize(JSON.parse(definition), { kind: 'definition', actor })) ?? '{}';
  } catch (fault) {
    console.error('toolfuse: a machine cannot be shown', fault);
    return '{}';
  }
}
