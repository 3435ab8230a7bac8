const plainPrototypes: ReadonlySet<unknown> = new Set([
  Error.prototype,
  TypeError.prototype,
  RangeError.prototype,
]);

/** Whether a value is an error of the language that carries a message and nothing else: no code, status or cause. */
export function isPlainError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  try {
    if (!plainPrototypes.has(Object.getPrototypeOf(value))) return false;
    const names = Object.getOwnPropertyNames(value);
    return names.length === 2 && names[0] === 'stack' && names[1] === 'message';
  } catch {
    return false;
  }
}
