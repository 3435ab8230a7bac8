import { afterEach, beforeEach } from 'vitest';

/** Tests of what happens a hundred thousand times, or at each of many moments: too slow for thousands of mutants. */
const slow = [
  /^keeps memory bounded, counts correct/,
  /^has no limit if maxTools is Infinity$/,
  /100 000 mixed concurrent calls/,
  /^gets correct answers during every kind of event/,
  /^stops many open circuits in linear time$/,
  /^is done with briefly/,
  /^(?:an inspector at|a subscriber of the circuit).* keeps every count correct$/,
];

const run = globalThis as { hasFailed?: boolean };

// Vitest would load all files that are left, and then skip their tests.
if (run.hasFailed) throw new Error('the mutant is killed already');

beforeEach(({ task, skip }) => skip(slow.some((name) => name.test(task.name))));
afterEach(({ task }) => {
  run.hasFailed ||= task.result?.state === 'fail';
});
