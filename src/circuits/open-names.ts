import { pauseReason } from '../../machines/pause-reason.ts';
import { registryContextWith, type ToolRegistryContext } from '../../machines/registry-context.ts';

/**
 * Stands in for the array of open circuits' names in the registry's context while nobody looks at it: adding a name and taking
 * one out cost the same however many there are. It has what the chart asks of the array, and no more. What follows from one
 * takes its names over: only the last one is of use.
 */
class OpenNames
  implements Pick<readonly string[], 'length' | 'concat' | 'indexOf' | 'toSpliced' | 'slice' | 'filter'>
{
  readonly #names: Set<string>;
  /** The same names as an array, once somebody has looked. */
  #array: readonly string[] | undefined;
  /** The name that was looked for last: a set knows no places. */
  #sought: string | undefined;

  constructor(names: Set<string>, array?: readonly string[]) {
    this.#names = names;
    this.#array = array;
  }

  static readonly isOne = (names: object): names is OpenNames => #names in names;

  get array(): readonly string[] {
    this.#array ??= [...this.#names];
    return this.#array;
  }

  get length(): number {
    return this.#names.size;
  }

  concat(name: string | ConcatArray<string>): string[] {
    this.#names.add(name as string);
    return asArray(new OpenNames(this.#names));
  }

  indexOf(name: string): number {
    this.#sought = name;
    return this.#names.has(name) ? 0 : -1;
  }

  /** Takes out the name that was looked for. */
  toSpliced(): string[] {
    if (this.#sought !== undefined) this.#names.delete(this.#sought);
    return asArray(new OpenNames(this.#names));
  }

  /** All names, but never the first ones alone, of which the reason of a pause is made: it is put into words when it is shown. */
  slice(_from?: number, to?: number): string[] {
    return to === undefined ? [...this.#names] : [];
  }

  filter(isKept: (name: string, at: number, names: string[]) => unknown): string[] {
    return asArray(new OpenNames(new Set(this.array.filter((name, at) => isKept(name, at, [])))));
  }
}

const asArray = (names: OpenNames): string[] => names as unknown as string[];

/** What the registry knows, to be worked with while nobody looks. */
export function hidden(context: ToolRegistryContext): ToolRegistryContext {
  const { openCircuits } = context;
  if (OpenNames.isOne(openCircuits)) return context;
  return registryContextWith(context, {
    openCircuits: asArray(new OpenNames(new Set(openCircuits), openCircuits)),
  });
}

/** The same, to be looked at. */
export function shown(context: ToolRegistryContext): ToolRegistryContext {
  const { openCircuits, overCap, stoppedRuns } = context;
  if (!OpenNames.isOne(openCircuits)) return context;
  const names = openCircuits.array;
  const reason = context.pauseReason === null ? null : pauseReason(names, overCap, stoppedRuns);
  return registryContextWith(context, { openCircuits: names, pauseReason: reason });
}
