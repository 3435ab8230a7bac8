/** What rounds of one measurement took. */
export interface Figures {
  readonly least: number;
  readonly most: number;
}

/** A figure next to the one that it is compared with. */
export interface Row {
  readonly what: string;
  readonly ours: Figures;
  readonly theirs: Figures;
  readonly unit: string;
  /** The highest acceptable ratio of the two; left out if the row is for information only. */
  readonly target?: number;
}

const figuresOf = (figures: readonly number[]): Figures => ({
  least: Math.min(...figures),
  most: Math.max(...figures),
});

/** A figure that is not measured but given. */
export const given = (figure: number): Figures => ({ least: figure, most: figure });

/** Collects garbage, so that one measurement does not pay for another's. */
export const collectGarbage = (): void => {
  (globalThis as { gc?: () => void }).gc?.();
};

/** At least so many rounds, and for at least so many ms. */
export interface AtLeast {
  readonly rounds: number;
  readonly ms: number;
}

type Measurements<Name extends string> = Readonly<Record<Name, () => number | Promise<number>>>;

/**
 * Runs several measurements in turns, so that noise affects all of them. As much is run beforehand without counting, so that
 * fast code is compiled. What counts of each is its least figure: noise only adds.
 */
export async function inTurns<Name extends string>(
  { rounds, ms }: AtLeast,
  measurements: Measurements<Name>,
): Promise<Record<Name, Figures>> {
  const names = Object.keys(measurements) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const counts of [false, true]) {
    const endsAt = performance.now() + ms;
    for (let round = 0; round < rounds || performance.now() < endsAt; round++) {
      for (const name of names) {
        const figure = await measurements[name]();
        if (counts) figures[name].push(figure);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, figuresOf(figures[name])])) as Record<Name, Figures>;
}

const both = (one: Figures, other: Figures): Figures => ({
  least: Math.min(one.least, other.least),
  most: Math.max(one.most, other.most),
});

/** The same rows, measured twice, as if all rounds had been of one measurement. */
export const together = (rows: readonly Row[], others: readonly Row[]): Row[] =>
  rows.map((row, at) => {
    const { ours, theirs } = others[at] ?? row;
    return { ...row, ours: both(row.ours, ours), theirs: both(row.theirs, theirs) };
  });

/** The duration of a function, in ms. */
export function timeMs(fn: () => void): number {
  const startedAt = performance.now();
  fn();
  return performance.now() - startedAt;
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const spread = ({ least, most }: Figures): string => `${number(least)}..${number(most)}`;

const isWithin = ({ ours, theirs, target }: Row): boolean =>
  target === undefined || ours.least / theirs.least <= target;

/** Prints a title and its rows. @returns Whether every ratio is within its target. */
export function print(title: string, rows: readonly Row[]): boolean {
  console.log(`\n${title}`);
  for (const row of rows) {
    const { what, ours, theirs, unit, target } = row;
    const verdict = target === undefined ? '' : `  at most ${target}: ${isWithin(row) ? 'ok' : 'OVER'}`;
    const ratio = (ours.least / theirs.least).toFixed(2).padStart(6);
    console.log(
      `  ${what.padEnd(52)} ${spread(ours).padStart(16)} : ${spread(theirs).padEnd(16)} ${unit.padEnd(5)} ${ratio}${verdict}`,
    );
  }
  return rows.every(isWithin);
}
