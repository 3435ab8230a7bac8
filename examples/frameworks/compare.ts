import { setTimeout as sleep } from 'node:timers/promises';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { comparisonTable } from '../../src/cli/demo/comparison-table.ts';
import { EagerModel, type Turn } from '../../src/cli/demo/eager-model.ts';

/** How long a call of the dead tool takes to fail, in ms. A real one takes until its time limit, often half a minute. */
const failMs = 150;

/** The tools of the agent. */
export interface Tools {
  search(): Promise<string>;
  notes(): Promise<string>;
}

/** Runs an agent of a framework to its end. */
export type RunAgent = (
  agent: { readonly tools: Tools; readonly model: EagerModel },
  registry: ToolRegistry | undefined,
) => Promise<string>;

interface Tally {
  readonly wasted: number;
  readonly turns: number;
  readonly tokens: number;
  readonly ms: number;
  readonly answer: string;
}

/** A model that remembers how long it took from its first turn to its last: a framework may take seconds to start a program. */
class TimedModel extends EagerModel {
  #firstAt: number | undefined;
  ms = 0;

  override next(prompt: string, last: string | undefined): Turn {
    const now = performance.now();
    this.#firstAt ??= now;
    this.ms = now - this.#firstAt;
    return super.next(prompt, last);
  }
}

async function tally(runAgent: RunAgent, registry: ToolRegistry | undefined): Promise<Tally> {
  let wasted = 0;
  const model = new TimedModel({
    questions: ['When were statecharts invented?', 'By whom?', 'Where?'],
    notes: ['statecharts'],
    answer: () => 'My notes say: 1984. The search is down, so that is all that I know.',
  });
  const tools: Tools = {
    async search() {
      wasted += 1;
      await sleep(failMs);
      throw new Error('connect ETIMEDOUT 127.0.0.1:9');
    },
    notes: async () => 'Statecharts: 1984.',
  };
  const answer = await runAgent({ tools, model }, registry);
  return { wasted, turns: model.turns, tokens: model.tokens, ms: model.ms, answer };
}

/** Runs the same agent without and with a guard, and prints what it cost. @returns False if the guard saved nothing. */
export async function compare(framework: string, runAgent: RunAgent): Promise<boolean> {
  console.log(`The same agent of ${framework}, twice. One of its tools is dead, and each call of it takes ${failMs} ms to fail.
The model is a stand-in: it repeats what fails, and believes a refusal.
`);
  const registry = createToolRegistry({ circuit: { failureThreshold: 3 } });
  const without = await tally(runAgent, undefined);
  const guarded = await tally(runAgent, registry);
  registry.stop();

  const row = (what: string, shown: (tally: Tally) => string) =>
    [what, shown(without), shown(guarded)] as const;
  console.log(
    [
      ...comparisonTable('toolfuse', [
        row('calls wasted', ({ wasted }) => `${wasted}`),
        row('turns of the model', ({ turns }) => `${turns}`),
        row('tokens read', ({ tokens }) => tokens.toLocaleString('en')),
        row('seconds', ({ ms }) => (ms / 1_000).toFixed(1)),
      ]),
      '',
      `  Both end with: ${guarded.answer}`,
      `  Saved: ${without.wasted - guarded.wasted} calls, ${(without.tokens - guarded.tokens).toLocaleString('en')} tokens (at 4 characters each), ${((without.ms - guarded.ms) / 1_000).toFixed(1)} s.`,
    ].join('\n'),
  );
  return (
    guarded.wasted < without.wasted && guarded.tokens < without.tokens && guarded.answer === without.answer
  );
}
