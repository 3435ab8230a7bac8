import type { ImportReal } from '../rows.ts';
import { serve } from './api.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

interface Sdk {
  readonly default: new (options: object) => object;
}

interface Block {
  readonly type: string;
  readonly content?: string | readonly { readonly text: string }[];
}

interface Body {
  readonly messages: readonly { readonly content: string | readonly Block[] }[];
}

/** What the model reads anew: a request has only the messages since the last one. */
const readIn = ({ messages }: Body): string[] =>
  messages
    .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    .filter(({ type }) => type === 'tool_result')
    .map(({ content = '' }) =>
      typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
    );

export async function load(importReal: ImportReal, ask: Ask<object>): Promise<Recipe> {
  const { default: Anthropic } = (await importReal('@anthropic-ai/sdk')) as Sdk;
  return {
    async run(run) {
      const model = new ScriptedModel(run);
      const read: string[] = [];
      const api = await serve((body: Body) => {
        read.push(...readIn(body));
        const calls = model.next(read);
        const id = `toolu_${read.length}`;
        return {
          id: `msg_${read.length}`,
          type: 'message',
          role: 'assistant',
          model: 'stand-in',
          content: [
            calls
              ? { type: 'tool_use', id, name: 'search', input: { query: 'statecharts' } }
              : { type: 'text', text: 'done' },
          ],
          stop_reason: calls ? 'tool_use' : 'end_turn',
          stop_sequence: null,
          usage: { input_tokens: 1, output_tokens: 1 },
        };
      });
      const client = new Anthropic({ apiKey: 'none', baseURL: api.url, maxRetries: 0 });
      return runAsk(ask, { client, model, run }).finally(api.close);
    },
  };
}
