/** An unchecked part of a definition: an object, by its keys. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The placeholders that Stately's protocol sends for parts that are circular or nested too deeply. */
const cutOff = /^\[(Object|Array|Circular)\]$/;

/** A value if it is text; otherwise undefined. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && !cutOff.test(value) ? value : undefined;

/** One value, many or none, as a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || (typeof value === 'string' && cutOff.test(value))) return [];
  return Array.isArray(value) ? value : [value];
}

/** The parts of a definition's field, by key; empty if it has no such field. */
export const entriesOf = (value: unknown): [key: string, part: unknown][] =>
  isFields(value) ? Object.entries(value) : [];

/**
 * The name of an action, a guard or an actor. In a definition it is a name, `{ type, params }`, or a function, which Stately's
 * protocol sends as `{ type: name }`.
 */
export function nameOf(value: unknown): string {
  if (typeof value === 'function') {
    const { type } = value as { readonly type?: unknown };
    return textOf(type)?.replace(/^xstate\./, '') ?? value.name;
  }
  return textOf(isFields(value) ? value.type : value) ?? '';
}

/** The name of a target. In a `toJSON()` result that was not serialised, the target is the state node itself. */
export const targetName = (target: unknown): string | undefined => {
  const id = isFields(target) ? textOf(target.id) : undefined;
  return id === undefined ? textOf(target) : `#${id}`;
};
