import { type AnyFunction, isFunction } from './tool.ts';

type Replaced = Readonly<Record<string, AnyFunction>>;

/**
 * An object in the place of a tool: of the same class, with the same fields, and with some functions replaced. It has no state of
 * its own: reading or setting a field reads or sets the tool's.
 */
export function standIn<Tool extends object>(tool: Tool, replaced: Replaced): Tool {
  const fields = Object.fromEntries(
    Reflect.ownKeys(tool).map((key): [PropertyKey, PropertyDescriptor] => [
      key,
      {
        get: () => Reflect.get(tool, key),
        set: (value: unknown) => Reflect.set(tool, key, value),
        enumerable: Object.prototype.propertyIsEnumerable.call(tool, key),
        configurable: true,
      },
    ]),
  );
  const functions = Object.entries(replaced).map(([name, value]): [string, PropertyDescriptor] => [
    name,
    { value, enumerable: true, configurable: true, writable: true },
  ]);
  return Object.create(Object.getPrototypeOf(tool), { ...fields, ...Object.fromEntries(functions) });
}

/**
 * A client or server in the place of another, with some functions replaced. Its other functions run as those of the original,
 * because they keep state in it that they add later, or in private fields.
 */
export function connectedStandIn<Client extends object>(client: Client, replaced: Replaced): Client {
  const bound = new Map<AnyFunction, AnyFunction>();
  // A proxy must give the fixed fields of its target as they are, so that a client with any is not the target itself.
  const isFixed = Object.values(Object.getOwnPropertyDescriptors(client)).some((each) => !each.configurable);
  return new Proxy(isFixed ? standIn(client, {}) : client, {
    get(_, key) {
      if (typeof key === 'string' && Object.hasOwn(replaced, key)) return replaced[key];
      const value: unknown = Reflect.get(client, key, client);
      if (!isFunction(value) || key === 'constructor') return value;
      const known = bound.get(value) ?? value.bind(client);
      bound.set(value, known);
      return known;
    },
    set: (_, key, value) => Reflect.set(client, key, value, client),
  });
}
