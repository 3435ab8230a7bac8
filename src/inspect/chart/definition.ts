/** Part of a definition of which nothing is known yet: an object, by its keys. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What Stately's wire puts where a definition is nested too deep, or in itself: it tells nothing. */
const cutOff = /^\[(Object|Array|Circular)\]$/;

/** The text, where it is one. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && !cutOff.test(value) ? value : undefined;

/** One or many, or none, as a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || (typeof value === 'string' && cutOff.test(value))) return [];
  return Array.isArray(value) ? value : [value];
}

/** The parts of a definition by their keys; none where it has no such field. */
export const entriesOf = (value: unknown): [key: string, part: unknown][] =>
  isFields(value) ? Object.entries(value) : [];

/**
 * What an action, a guard or an actor is called: in a definition it is a name, `{ type, params }`, or a function, which
 * Stately's wire writes as `{ type: name }`.
 */
export function nameOf(value: unknown): string {
  if (typeof value === 'function') {
    const { type } = value as { readonly type?: unknown };
    return textOf(type)?.replace(/^xstate\./, '') ?? value.name;
  }
  return textOf(isFields(value) ? value.type : value) ?? '';
}

/** What a target is called: in `toJSON()` of a machine that was not made JSON, it is the state itself. */
export const targetName = (target: unknown): string | undefined => {
  const id = isFields(target) ? textOf(target.id) : undefined;
  return id === undefined ? textOf(target) : `#${id}`;
};
