import { readFileSync } from 'node:fs';
import { type CircuitConfig, createToolRegistry, type ErrorCategory, type RegistrySnapshot } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

/** An operation, its arguments and, if it has one, its answer. */
type Step =
  | ['advance', number]
  | ['allow', string, boolean]
  | ['success', string]
  | ['failure', string, ErrorCategory]
  | ['state', string, string]
  | ['remaining', string, number | null]
  | ['diagnostics', string, object]
  | ['pause', number, boolean]
  | ['snapshot', RegistrySnapshot]
  | ['metrics', object]
  | ['reset', string]
  | ['resetAll'];

const runs = JSON.parse(readFileSync(new URL('reference-traces.json', import.meta.url), 'utf8')) as {
  config: CircuitConfig;
  steps: Step[];
}[];

const byTool = (a: { tool: string }, b: { tool: string }) => (a.tool < b.tool ? -1 : 1);

/** The answer of each step of a run, next to the reference's answer. */
function replay({ config, steps }: (typeof runs)[number]): { at: string; got: unknown; expected: unknown }[] {
  const clock = new ManualClock();
  const registry = createToolRegistry({ circuit: { ...config, halfOpenMaxProbes: Infinity }, clock });
  const answers: { at: string; got: unknown; expected: unknown }[] = [];
  const answer = (step: Step, got: unknown, expected: unknown) =>
    answers.push({ at: `${answers.length} ${step.slice(0, 2).join(' ')}`, got, expected });
  /** Our values of the fields that the reference has. */
  const alike = (got: object, expected: object) =>
    Object.fromEntries(Object.keys(expected).map((key) => [key, (got as Record<string, unknown>)[key]]));

  for (const step of steps) {
    switch (step[0]) {
      case 'advance':
        clock.advance(step[1]);
        break;
      case 'allow':
        answer(step, registry.allowRequest(step[1]), step[2]);
        break;
      case 'success':
        registry.recordSuccess(step[1]);
        break;
      case 'failure':
        registry.recordFailure(step[1], step[2]);
        break;
      case 'state':
        answer(step, registry.state(step[1]), step[2]);
        break;
      case 'remaining':
        answer(step, registry.remainingBackoffMs(step[1]), step[2]);
        break;
      case 'diagnostics':
        answer(step, alike(registry.diagnostics(step[1]), step[2]), step[2]);
        break;
      case 'pause':
        answer(step, registry.shouldPauseForRecovery(step[1]), step[2]);
        break;
      case 'snapshot': {
        const { diagnostics, openCircuits, openCount } = registry.snapshot();
        const expected = step[1];
        const got = {
          openCount,
          openCircuits: [...openCircuits].sort(),
          diagnostics: [...diagnostics].sort(byTool).map((d, i) => alike(d, expected.diagnostics[i] ?? d)),
        };
        answer(step, got, {
          openCount: expected.openCount,
          openCircuits: [...expected.openCircuits].sort(),
          diagnostics: [...expected.diagnostics].sort(byTool),
        });
        break;
      }
      case 'metrics':
        answer(step, alike(registry.metrics(), step[1]), step[1]);
        break;
      case 'reset':
        registry.reset(step[1]);
        break;
      case 'resetAll':
        registry.resetAll();
        break;
      default:
        throw new Error(`a step that this driver does not know: ${JSON.stringify(step)}`);
    }
  }
  registry.stop();
  return answers;
}

describe('the reference breaker', () => {
  it.each(runs.map((run, index) => ({ run, index, config: JSON.stringify(run.config) })))(
    'run $index is replayed to the last field, with $config',
    ({ run }) => {
      const answers = replay(run);
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.map(({ at, got }) => ({ at, answer: got }))).toEqual(
        answers.map(({ at, expected }) => ({ at, answer: expected })),
      );
    },
  );
});
