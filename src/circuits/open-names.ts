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
  readonly #names: Set<string>;
  /** Those that came last, and are in no set yet: in an outage, many come before one is looked for. */
  #added: string[] = [];
  /** All names as an array, once somebody has looked. */
  #array: readonly string[] | undefined;
  /** The name that was looked for last: a set knows no places. */
  #sought = '';

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
    this.#array = names;
  }

  static readonly isOne = (names: object): names is OpenNames => #names in names;

  get array(): readonly string[] {
    this.#array ??= [...this.#all()];
    return this.#array;
  }

  get length(): number {
    return this.#names.size + this.#added.length;
  }

  concat(name: string | ConcatArray<string>): string[] {
    this.#added.push(name as string);
    return this.#changed();
  }

  indexOf(name: string): number {
    this.#sought = name;
    return this.#all().has(name) ? 0 : -1;
  }

  /** Takes out the name that was looked for. */
  toSpliced(): string[] {
    this.#names.delete(this.#sought);
    return this.#changed();
  }

  /** All names, but never the first ones alone, of which the reason of a pause is made: it is put into words when it is shown. */
  slice(_from?: number, to?: number): string[] {
    return to === undefined ? [...this.array] : [];
  }

  filter(isKept: (name: string, at: number, names: string[]) => unknown): string[] {
    return asArray(new OpenNames(this.array.filter(isKept as (name: string) => unknown)));
  }

  #all(): Set<string> {
    for (const name of this.#added) this.#names.add(name);
    this.#added = [];
    return this.#names;
  }

  #changed(): string[] {
    this.#array = undefined;
    return asArray(this);
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
