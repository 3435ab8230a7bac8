const maxDepth = 8;
const maxTextLength = 2_000;
const maxItems = 200;
/** The largest number of nodes in a whole value; the rest is cut off. */
const maxNodes = 5_000;

const cutText = (text: string, length = maxTextLength): string =>
  text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;

const isActorRef = (value: object): value is { id: string } =>
  'sessionId' in value && 'send' in value && 'id' in value && typeof value.id === 'string';

/** Turns one value into plain JSON. It cuts deep, long and circular parts, and never calls `toJSON`. */
class Plainer {
  #nodes = 0;
  readonly #path: object[] = [];

  of(value: unknown): unknown {
    this.#nodes += 1;
    switch (typeof value) {
      case 'string':
        return cutText(value);
      case 'boolean':
      case 'undefined':
        return value;
      case 'number':
        // JSON would turn NaN and infinities into null.
        return Number.isFinite(value) ? value : String(value);
      case 'object':
        return value === null ? null : this.#guarded(value);
      case 'function':
        return `[function ${cutText(String(value.name), 100)}]`;
      default:
        return cutText(String(value));
    }
  }

  #guarded(value: object): unknown {
    if (this.#path.includes(value)) return '[circular]';
    if (this.#path.length >= maxDepth) return '[deeper]';
    if (this.#nodes > maxNodes) return '[cut]';
    this.#path.push(value);
    try {
      return this.#object(value);
    } catch {
      // A user's getter or proxy may throw.
      return '[unreadable]';
    } finally {
      this.#path.pop();
    }
  }

  #object(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value, value.length);
    if (value instanceof Error) {
      const { name, message, ...rest } = value;
      return {
        name: this.of(name),
        message: this.of(message),
        ...(this.#fields(Object.entries(rest)) as object),
      };
    }
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Map) return { '[Map]': this.#list(value.entries(), value.size) };
    if (value instanceof Set) return { '[Set]': this.#list(value.values(), value.size) };
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (isActorRef(value)) return `[actor ${cutText(value.id, 100)}]`;
    return this.#fields(Object.entries(value));
  }

  #list(items: Iterable<unknown>, length: number): unknown[] {
    const list: unknown[] = [];
    for (const item of items) {
      if (list.length === maxItems) {
        list.push(`… (${length} in all)`);
        break;
      }
      list.push(this.of(item) ?? null);
    }
    return list;
  }

  #fields(entries: readonly [string, unknown][]): unknown {
    const fields = entries.slice(0, maxItems).map(([key, value]) => [cutText(key, 200), this.of(value)]);
    if (entries.length > maxItems) fields.push(['…', `${entries.length} in all`]);
    return Object.fromEntries(fields);
  }
}

/** Any value as plain JSON of bounded size. It never throws. */
export function plainValue(value: unknown): unknown {
  return new Plainer().of(value);
}
