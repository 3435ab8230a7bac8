import type { ImportReal } from '../rows.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

interface Part {
  readonly functionResponse?: { readonly response: object };
}

interface Request {
  readonly contents: readonly { readonly parts?: readonly Part[] }[];
}

interface Sdk {
  readonly BaseLlm: new (options: object) => object;
}

const readIn = ({ contents }: Request): string[] =>
  contents
    .flatMap(({ parts = [] }) => parts)
    .flatMap(({ functionResponse }) =>
      functionResponse === undefined ? [] : [JSON.stringify(functionResponse.response)],
    );

export async function load(importReal: ImportReal, ask: Ask<object>): Promise<Recipe> {
  const { BaseLlm } = (await importReal('@google/adk')) as Sdk;
  return {
    run(run) {
      const model = new ScriptedModel(run);
      class StandIn extends BaseLlm {
        async *generateContentAsync(request: Request): AsyncGenerator<object> {
          const call = { functionCall: { name: 'search', args: { query: 'statecharts' } } };
          const parts = [model.next(readIn(request)) ? call : { text: 'done' }];
          yield { content: { role: 'model', parts } };
        }
      }
      return runAsk(ask, { client: new StandIn({ model: 'stand-in' }), model, run });
    },
  };
}
