import { guardTools } from 'toolfuse/ai';
import { load, type ModelRequest, outputsIn } from '../../test/src/ai/fixtures/sdk.ts';
import { compare } from './compare.ts';

const sdk = await load((name) => import(name), 'ai-6');

export const isGood = await compare('the AI SDK', async ({ tools: { search, notes }, model }, registry) => {
  const inputSchema = sdk.jsonSchema({ type: 'object', properties: {} });
  const plain = {
    search: { description: 'Searches the web.', inputSchema, execute: search },
    notes: { description: 'Reads your notes.', inputSchema, execute: notes },
  };
  const tools = registry === undefined ? plain : guardTools(plain, { registry });
  const { text } = await sdk.generateText({
    model: sdk.model((request: ModelRequest) => {
      const last = outputsIn([request]).at(-1)?.value;
      return model.next(JSON.stringify(request.prompt), last === undefined ? undefined : String(last));
    }),
    prompt: 'When, by whom and where were statecharts invented?',
    tools,
    stopWhen: sdk.stepCountIs(50),
  });
  return text;
});
