import type { ScriptedModel } from './recipe.ts';

interface Prompt {
  readonly role: string;
  readonly content: readonly { readonly output?: { readonly value: unknown } }[];
}

interface Request {
  readonly prompt: readonly Prompt[];
}

const readIn = ({ prompt }: Request): string[] =>
  prompt
    .filter(({ role }) => role === 'tool')
    .flatMap(({ content }) =>
      content.flatMap(({ output }) => (output === undefined ? [] : [JSON.stringify(output.value)])),
    );

/** A model by the second specification of the AI SDK, which its relatives take, too. */
export function aiModel(model: ScriptedModel): object {
  let turns = 0;
  const next = (request: Request) => {
    turns += 1;
    const calls = model.next(readIn(request));
    const call = {
      type: 'tool-call',
      toolCallId: `call-${turns}`,
      toolName: 'search',
      input: '{"query":"statecharts"}',
    };
    return {
      content: calls ? [call] : [{ type: 'text', text: 'done' }],
      finishReason: calls ? 'tool-calls' : 'stop',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      warnings: [],
    };
  };
  return {
    specificationVersion: 'v2',
    provider: 'none',
    modelId: 'stand-in',
    supportedUrls: {},
    doGenerate: async (request: Request) => next(request),
    async doStream(request: Request) {
      const { content, finishReason, usage } = next(request);
      const [part] = content;
      const told =
        part !== undefined && 'text' in part
          ? [
              { type: 'text-start', id: '1' },
              { type: 'text-delta', id: '1', delta: part.text },
              { type: 'text-end', id: '1' },
            ]
          : [part];
      const parts = [
        { type: 'stream-start', warnings: [] },
        ...told,
        { type: 'finish', finishReason, usage },
      ];
      return {
        stream: new ReadableStream({
          start(controller) {
            for (const each of parts) controller.enqueue(each);
            controller.close();
          },
        }),
      };
    },
  };
}
