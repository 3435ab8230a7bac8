import type { ToolRegistry } from 'toolfuse';

/** The registries that guard each guarded function or object, weakly held. */
const registriesOf = new WeakMap<object, readonly ToolRegistry[]>();

/** Whether calls of a function or an object go through a registry already, so that they must not be counted twice. */
export const isGuardedBy = (guarded: object, registry: ToolRegistry): boolean =>
  registriesOf.get(guarded)?.includes(registry) ?? false;

/** Marks what takes the place of an original, which other registries may guard already. */
export function markGuarded<Guarded extends object>(
  guarded: Guarded,
  registry: ToolRegistry,
  original: object,
): Guarded {
  registriesOf.set(guarded, [...(registriesOf.get(original) ?? []), registry]);
  return guarded;
}
