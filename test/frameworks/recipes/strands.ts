import type { ImportReal } from '../rows.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

interface Message {
  readonly content: readonly { readonly type: string; readonly content?: readonly object[] }[];
}

interface Sdk {
  readonly Model: new () => object;
}

const readIn = (messages: readonly Message[]): string[] =>
  messages
    .flatMap(({ content }) => content)
    .filter(({ type }) => type === 'toolResultBlock')
    .map(({ content }) => JSON.stringify(content));

export async function load(importReal: ImportReal, ask: Ask<object>): Promise<Recipe> {
  const { Model } = (await importReal('@strands-agents/sdk')) as Sdk;
  return {
    run(run) {
      const model = new ScriptedModel(run);
      class StandIn extends Model {
        updateConfig(): void {}

        getConfig(): object {
          return { modelId: 'stand-in' };
        }

        async *stream(messages: readonly Message[]): AsyncGenerator<object> {
          const calls = model.next(readIn(messages));
          const start = { type: 'toolUseStart', name: 'search', toolUseId: `call-${messages.length}` };
          const delta = calls
            ? { type: 'toolUseInputDelta', input: '{"query":"statecharts"}' }
            : { type: 'textDelta', text: 'done' };
          yield { type: 'modelMessageStartEvent', role: 'assistant' };
          yield { type: 'modelContentBlockStartEvent', ...(calls && { start }) };
          yield { type: 'modelContentBlockDeltaEvent', delta };
          yield { type: 'modelContentBlockStopEvent' };
          yield { type: 'modelMessageStopEvent', stopReason: calls ? 'toolUse' : 'endTurn' };
        }
      }
      return runAsk(ask, { client: new StandIn(), model, run });
    },
  };
}
