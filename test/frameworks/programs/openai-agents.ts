import { Agent, MCPServerStdio, tool } from '@openai/agents';
import { createToolRegistry } from 'toolfuse';
import { guardMcpServers, guardTool, pauseBehavior } from 'toolfuse/openai-agents';
import { z } from 'zod';

const registry = createToolRegistry();

const search = tool(
  guardTool(
    {
      name: 'search',
      description: 'searches',
      parameters: z.object({ query: z.string() }),
      execute: async ({ query }: { query: string }) => `found ${query}`,
      errorFunction: (_, error) => String(error),
    },
    { registry, hideOpen: true, upstream: 'server' },
  ),
);

export const agent = new Agent({
  name: 'researcher',
  tools: [search],
  mcpServers: guardMcpServers([new MCPServerStdio({ name: 'files', command: 'files' })], { registry }),
  toolUseBehavior: pauseBehavior(registry),
});

export const others = [
  new Agent({ name: 'a', toolUseBehavior: pauseBehavior(registry, 'stop_on_first_tool') }),
  new Agent({ name: 'b', toolUseBehavior: pauseBehavior(registry, { stopAtToolNames: ['search'] }) }),
  new Agent({
    name: 'c',
    toolUseBehavior: pauseBehavior(registry, () => ({ isFinalOutput: false, isInterrupted: undefined })),
  }),
];

const read = { name: 'read', description: '', parameters: z.object({}), execute: () => '' };
// @ts-expect-error: there is no such option.
guardTool(read, { registry, hide: true });
// @ts-expect-error: there is no such behaviour.
pauseBehavior(registry, 'stop');
