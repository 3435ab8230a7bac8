import { plainValue } from './plain-value.ts';

/** Describes a value that is about to be shown. */
export interface Shown {
  readonly kind: 'event' | 'context' | 'input' | 'output' | 'error' | 'definition';
  /** The name of its actor; for a circuit, the tool. */
  readonly actor: string;
}

/** Returns the value to show instead of a given one, for example without its secrets. */
export type Sanitize = (value: unknown, shown: Shown) => unknown;

/** Applies the user's `sanitize` and converts the result to plain JSON. If it throws, nothing is shown. */
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

/** A snapshot as plain JSON. All user data in it passes through `sanitize`. */
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

/** A machine's config as JSON, with functions replaced by their names, as `@statelyai/inspect` sends it. */
const definitionOf = (config: unknown): string =>
  JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'function' ? { type: value.name } : value,
  );

/** A machine's config as JSON, after `sanitize`. */
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
