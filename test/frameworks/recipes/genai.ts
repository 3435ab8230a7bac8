import type { ImportReal } from '../rows.ts';
import { serve } from './api.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

interface Sdk {
  readonly GoogleGenAI: new (options: object) => object;
}

interface Part {
  readonly functionResponse?: { readonly response: object };
}

interface Body {
  readonly contents: readonly { readonly parts: readonly Part[] }[];
}

const readIn = ({ contents }: Body): string[] =>
  contents
    .flatMap(({ parts }) => parts)
    .flatMap(({ functionResponse }) =>
      functionResponse === undefined ? [] : [JSON.stringify(functionResponse.response)],
    );

export async function load(importReal: ImportReal, ask: Ask<object>): Promise<Recipe> {
  const { GoogleGenAI } = (await importReal('@google/genai')) as Sdk;
  return {
    async run(run) {
      const model = new ScriptedModel(run);
      const api = await serve((body: Body) => {
        const call = { functionCall: { name: 'search', args: { query: 'statecharts' } } };
        const parts = [model.next(readIn(body)) ? call : { text: 'done' }];
        return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] };
      });
      const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: api.url } });
      return runAsk(ask, { client, model, run }).finally(api.close);
    },
  };
}
