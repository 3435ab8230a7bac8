import { checkProperty as check, type Effort } from './property.ts';

/** How often a property is checked for each mutant. */
const most = 10;

/** Stands in for `property.ts` where tests are run for mutants: a few runs, the same ones for each. */
export const checkProperty = ((property: never, effort: Effort = {}) => {
  const runs = Math.min(effort.atLeast ?? most, most);
  // To find out which values are the smallest that fail would take far longer.
  return check(property, {
    ...effort,
    atLeast: runs,
    atMost: runs,
    seed: effort.seed ?? 1,
    endOnFailure: true,
  });
}) as typeof check;
