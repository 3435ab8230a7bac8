import type { ImportReal } from '../rows.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

interface Request {
  readonly messages: readonly {
    readonly content: readonly { readonly toolResponse?: { readonly output: unknown } }[];
  }[];
}

interface Ai {
  defineModel(options: object, run: (request: Request) => Promise<object>): object;
}

interface Sdk {
  readonly genkit: (options: object) => Ai;
}

const readIn = ({ messages }: Request): string[] =>
  messages
    .flatMap(({ content }) => content)
    .flatMap(({ toolResponse }) => (toolResponse === undefined ? [] : [JSON.stringify(toolResponse.output)]));

export async function load(
  importReal: ImportReal,
  ask: Ask<{ readonly ai: Ai; readonly model: object }>,
): Promise<Recipe> {
  const { genkit } = (await importReal('genkit')) as Sdk;
  return {
    run(run) {
      const model = new ScriptedModel(run);
      const ai = genkit({});
      const standIn = ai.defineModel({ name: 'stand-in', supports: { tools: true } }, async (request) => {
        const call = { toolRequest: { name: 'search', input: { query: 'statecharts' } } };
        const content = [model.next(readIn(request)) ? call : { text: 'done' }];
        return { message: { role: 'model', content }, finishReason: 'stop' };
      });
      return runAsk(ask, { client: { ai, model: standIn }, model, run });
    },
  };
}
