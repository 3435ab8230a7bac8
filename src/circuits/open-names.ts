import { pauseReason } from '../../machines/pause-reason.ts';
import { registryContextWith, type ToolRegistryContext } from '../../machines/registry-context.ts';

/**
 * Stands in for the array of open circuits' names in the registry's context while nobody looks at it: adding a name and taking
 * one out cost the same however many there are. It has what the chart asks of the array, and no more. It is changed in place: of the
 * contexts that have it, only the last one is of use.
 */
class OpenNames
  implements Pick<readonly string[], 'length' | 'concat' | 'indexOf' | 'toSpliced' | 'slice' | 'filter'>
{
  /** In order, with a gap where a circuit has closed. */
  #names: (string | undefined)[];
  /** Where the first names stand: in an outage, many are added before one is looked for. */
  readonly #places = new Map<string, number>();
  /** How many of the names have been given their places. */
  #placed = 0;
  #length: number;
  /** The names without gaps, once somebody has looked. */
  #array: readonly string[] | undefined;

  constructor(names: readonly string[]) {
    this.#names = [...names];
    this.#length = names.length;
    this.#array = names;
  }

  static readonly isOne = (names: object): names is OpenNames => #names in names;

  get array(): readonly string[] {
    this.#array ??= this.#names.filter((name) => name !== undefined);
    return this.#array;
  }

  get length(): number {
    return this.#length;
  }

  concat(name: string | ConcatArray<string>): string[] {
    this.#names.push(name as string);
    this.#length += 1;
    this.#array = undefined;
    return asArray(this);
  }

  indexOf(name: string): number {
    for (; this.#placed < this.#names.length; this.#placed++) {
      const each = this.#names[this.#placed];
      if (each !== undefined) this.#places.set(each, this.#placed);
    }
    return this.#places.get(name) ?? -1;
  }

  /** Takes out the name at a place that `indexOf` has given. */
  toSpliced(at: number): string[] {
    this.#places.delete(this.#names[at] as string);
    this.#names[at] = undefined;
    this.#length -= 1;
    this.#array = undefined;
    if (this.#names.length > 2 * this.#length) this.#closeGaps();
    return asArray(this);
  }

  /** All names, but never the first ones alone, of which the reason of a pause is made: it is put into words when it is shown. */
  slice(_from?: number, to?: number): string[] {
    return to === undefined ? [...this.array] : [];
  }

  filter(isKept: (name: string, at: number, names: string[]) => unknown): string[] {
    return asArray(new OpenNames(this.array.filter((name, at) => isKept(name, at, []))));
  }

  #closeGaps(): void {
    this.#names = [...this.array];
    this.#places.clear();
    this.#placed = 0;
  }
}

const asArray = (names: OpenNames): string[] => names as unknown as string[];

/** What the registry knows, to be worked with while nobody looks. */
export function hidden(context: ToolRegistryContext): ToolRegistryContext {
  const { openCircuits } = context;
  if (OpenNames.isOne(openCircuits)) return context;
  return registryContextWith(context, {
    openCircuits: asArray(new OpenNames(openCircuits)),
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
