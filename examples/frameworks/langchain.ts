import { toolfuseMiddleware } from 'toolfuse/langchain';
import { load } from '../../test/src/langchain/fixtures/langchain.ts';
import { compare } from './compare.ts';

const lc = await load((name) => import(name));

export const isGood = await compare('LangChain', async ({ tools: { search, notes }, model }, registry) => {
  const schema = { type: 'object', properties: {} };
  const agent = lc.createAgent({
    model: lc.model((messages) => {
      const last = messages.filter(({ type }) => type === 'tool').at(-1)?.content;
      const prompt = messages
        .map(({ content, tool_calls: calls }) => JSON.stringify([content, calls]))
        .join('\n');
      return model.next(prompt, last === undefined ? undefined : String(last));
    }),
    tools: [
      lc.tool(search, { name: 'search', description: 'Searches the web.', schema }),
      lc.tool(notes, { name: 'notes', description: 'Reads your notes.', schema }),
    ],
    middleware: registry === undefined ? [] : [toolfuseMiddleware({ registry })],
  });
  const question = { role: 'user', content: 'When, by whom and where were statecharts invented?' };
  const { messages } = await agent.invoke({ messages: [question] }, { recursionLimit: 200 });
  return String(messages.at(-1)?.content);
});
