/** A figure beside the one that it is held against. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly theirs: number;
  readonly unit: string;
  /** The highest ratio of the two that is aimed at; none where the row is for information. */
  readonly target?: number;
}

const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

/** The garbage of one measurement is not to be the cost of the next one. */
export const collectGarbage = (): void => {
  (globalThis as { gc?: () => void }).gc?.();
};

/** Runs several things in turns, round after round, so that a noisy moment hits all of them; the median of each. */
export function inTurns<Name extends string>(
  rounds: number,
  measurements: Readonly<Record<Name, () => number>>,
): Record<Name, number> {
  const names = Object.keys(measurements) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  // A first round warms everything up, and does not count.
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
 * The same for what takes a while: the median of what `measure` says of each, in so many rounds and for so many
 * milliseconds at least. As much before that does not count: what is fast has to be compiled by then.
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

/** Milliseconds that a function takes. */
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
