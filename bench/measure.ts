/** A figure next to the one that it is compared with. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly theirs: number;
  readonly unit: string;
  /** The highest acceptable ratio of the two; left out if the row is for information only. */
  readonly target?: number;
}

const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

/** Collects garbage, so that one measurement does not pay for another's. */
export const collectGarbage = (): void => {
  (globalThis as { gc?: () => void }).gc?.();
};

/** Runs several functions in turns, so that noise affects all of them. @returns The median of each. */
export function inTurns<Name extends string>(
  rounds: number,
  measurements: Readonly<Record<Name, () => number>>,
): Record<Name, number> {
  const names = Object.keys(measurements) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  // The first round warms everything up and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      collectGarbage();
      const figure = measurements[name]();
      if (round >= 0) figures[name].push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(figures[name])])) as Record<Name, number>;
}

/**
 * The same for slower functions: the median of the results of `measure`, in at least the given rounds and for at least the given
 * ms. The same amount is run beforehand without counting, so that fast code is compiled.
 */
export async function inTurnsAsync<Name extends string, Subject>(
  atLeast: { readonly rounds: number; readonly ms: number },
  subjects: Readonly<Record<Name, Subject>>,
  measure: (subject: Subject) => Promise<number>,
): Promise<Record<Name, number>> {
  const names = Object.keys(subjects) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const counts of [false, true]) {
    const endsAt = performance.now() + atLeast.ms;
    for (let round = 0; round < atLeast.rounds || performance.now() < endsAt; round++) {
      for (const name of names) {
        const figure = await measure(subjects[name]);
        if (counts) figures[name].push(figure);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(figures[name])])) as Record<Name, number>;
}

/** The duration of a function, in ms. */
export function timeMs(fn: () => void): number {
  const startedAt = performance.now();
  fn();
  return performance.now() - startedAt;
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const { what, ours, theirs, unit, target } of rows) {
    const ratio = ours / theirs;
    const verdict = target === undefined ? '' : `  at most ${target}: ${ratio <= target ? 'ok' : 'OVER'}`;
    console.log(
      `  ${what.padEnd(58)} ${number(ours).padStart(8)} ${number(theirs).padStart(8)} ${unit.padEnd(6)} ${ratio.toFixed(2).padStart(6)}${verdict}`,
    );
  }
}
