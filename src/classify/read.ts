/** How many characters of a message are read: what an error says of itself stands at its beginning. */
const maxText = 4_096;

/** How long a class name or a code may be. */
const maxName = 128;

/**
 * A property of a stranger's object, or `undefined`. Never throws: a getter or a proxy trap may, and an error that
 * cannot be read must not hide the failure that it reports.
 */
export function read(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** What stands at the end of a path of properties, or `undefined`. */
export function readPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce(read, value);
}

/** A property that holds a name or a code, or `undefined` if it is anything else than a short string. */
export function readName(value: unknown, key: string): string | undefined {
  const name = read(value, key);
  return typeof name === 'string' && name.length <= maxName ? name : undefined;
}

/** The prototype, or `null` at the end of the chain and where a proxy refuses to tell. */
export function prototypeOf(value: unknown): unknown {
  if (!isObject(value)) return null;
  try {
    return Reflect.getPrototypeOf(value);
  } catch {
    return null;
  }
}

/** The first kilobytes of what an error says: the string itself, or its `message`. Empty if it says nothing. */
export function textOf(error: unknown): string {
  const text = typeof error === 'string' ? error : read(error, 'message');
  return typeof text === 'string' ? text.slice(0, maxText) : '';
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
