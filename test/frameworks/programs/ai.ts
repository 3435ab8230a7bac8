import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { createToolRegistry } from 'toolfuse';
import { fuseStep, guardTools, stopOnPause } from 'toolfuse/ai';
import { z } from 'zod';

declare const model: LanguageModel;

const registry = createToolRegistry();

export const tools = guardTools(
  {
    search: tool({
      description: 'searches',
      inputSchema: z.object({ query: z.string() }),
      execute: async ({ query }) => ({ hits: query.length }),
    }),
    write: tool({
      inputSchema: z.object({ to: z.string() }),
      async *execute({ to }) {
        yield `${to} written`;
      },
    }),
    client: tool({ description: 'runs in a browser', inputSchema: z.object({ x: z.number() }) }),
  },
  { registry, upstream: (name) => (name === 'search' ? 'server' : undefined), timeoutMs: 30_000 },
);

const { toolResults } = await generateText({
  model,
  prompt: 'go',
  tools,
  stopWhen: [stepCountIs(20), stopOnPause(registry)],
  prepareStep: fuseStep(registry, { tools, hideOpen: true }),
});
for (const result of toolResults) {
  if (result.dynamic) continue;
  if (result.toolName === 'search') {
    const hits: number = result.output.hits;
    const query: string = result.input.query;
    console.log(hits, query);
  }
  if (result.toolName === 'write') console.log(result.output.toUpperCase());
  // @ts-expect-error: there is no such tool.
  if (result.toolName === 'find') console.log(result);
}

streamText({
  model,
  prompt: 'go',
  tools,
  stopWhen: stopOnPause(registry),
  prepareStep: fuseStep(registry, {
    prepareStep: ({ stepNumber, messages }: { stepNumber: number; messages: readonly unknown[] }) =>
      stepNumber > 5 || messages.length > 50 ? { toolChoice: 'none' as const } : {},
  }),
});

guardTools(
  { search: tools.search },
  { registry, isFailure: (output) => output.hits === 0 && 'serviceUnavailable' },
);
// @ts-expect-error: search has no such output.
guardTools({ search: tools.search }, { registry, isFailure: (output) => output.found === 0 });
// @ts-expect-error: there is no such option.
guardTools({ search: tools.search }, { registry, timeout: 5 });
// @ts-expect-error: there is no such tool.
fuseStep(registry, { tools, hideOpen: true })({}).then(({ activeTools }) => activeTools?.includes('find'));
