import fc from 'fast-check';

/** How often a property is checked. To see a failure again, add the seed and the path that it has printed. */
export interface Effort extends Pick<fc.Parameters<unknown>, 'seed' | 'path' | 'endOnFailure'> {
  /** How many runs are made on every machine, however slow it is. Default 25. */
  readonly atLeast?: number;
  /** How many runs are made where there is time for them. Default 100. */
  readonly atMost?: number;
  /** How long after the start runs beyond the least number may still begin, in ms. Default 3 s. */
  readonly withinMs?: number;
}

/** Throws where a property has failed. Time that was over before the first of the further runs is no failure. */
function report<Values>(details: fc.RunDetails<Values>): void {
  if (!details.failed || (details.interrupted && details.counterexample === null)) return;
  throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
}

/**
 * Checks a property a least number of times, and goes on while there is time: a slow machine makes fewer runs, and
 * does not fail for it. All runs are of one seed, which a failure names with its path, as fast-check does.
 *
 * @example
 * checkProperty(fc.property(fc.nat(), (n) => expect(n).toBeGreaterThanOrEqual(0)), { atLeast: 100, atMost: 1_000 });
 */
export function checkProperty<Values>(property: fc.IProperty<Values>, effort?: Effort): void;
export function checkProperty<Values>(property: fc.IAsyncProperty<Values>, effort?: Effort): Promise<void>;
export function checkProperty<Values>(
  property: fc.IProperty<Values> | fc.IAsyncProperty<Values>,
  { atLeast = 25, atMost = 100, withinMs = 3_000, ...parameters }: Effort = {},
): void | Promise<void> {
  const startedAt = performance.now();
  const check = (more: fc.Parameters<Values>) => fc.check(property, { ...parameters, ...more });

  /** From where the first runs ended: a path of one number is the number of a run. */
  const goOn = ({ seed }: fc.RunDetails<Values>) => {
    const leftMs = withinMs - (performance.now() - startedAt);
    if (parameters.path !== undefined || atMost <= atLeast || leftMs <= 0) return undefined;
    const further = { seed, path: String(atLeast), numRuns: atMost - atLeast };
    return check({ ...further, interruptAfterTimeLimit: leftMs });
  };

  const first = check({ numRuns: atLeast }) as fc.RunDetails<Values> | Promise<fc.RunDetails<Values>>;
  if (first instanceof Promise) {
    return first.then(async (details) => {
      report(details);
      const further = await goOn(details);
      if (further !== undefined) report(further);
    });
  }
  report(first);
  const further = goOn(first) as fc.RunDetails<Values> | undefined;
  if (further !== undefined) report(further);
}
