import { ToolNode } from '@langchain/langgraph/prebuilt';
import { createAgent, tool, toolRetryMiddleware } from 'langchain';
import { createToolRegistry } from 'toolfuse';
import { guardTools, toolfuseMiddleware } from 'toolfuse/langchain';
import { z } from 'zod';

const registry = createToolRegistry();

const search = tool(async ({ query }: { query: string }) => `found ${query}`, {
  name: 'search',
  description: 'searches',
  schema: z.object({ query: z.string() }),
});

export const agent = createAgent({
  model: 'openai:gpt-5',
  tools: [search],
  middleware: [
    toolRetryMiddleware({ maxRetries: 2 }),
    toolfuseMiddleware({
      registry,
      errors: 'throw',
      hideOpen: true,
      upstream: (name) => `server of ${name}`,
    }),
  ],
});

const { messages } = await agent.invoke({ messages: [{ role: 'user', content: 'go' }] });
console.log(messages.at(-1)?.text);

const guarded = guardTools([search], { registry });
const found: string = await guarded[0].invoke({ query: 'x' });
console.log(found);
export const node = new ToolNode(guarded);

// @ts-expect-error: there is no such option.
toolfuseMiddleware({ registry, hide: true });
// @ts-expect-error: the registry is missing.
toolfuseMiddleware({});
