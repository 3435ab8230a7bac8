/** The APIs that agents ask their models by, each streamed as the real one does. */

/** What a client has sent, as far as it is read here. */
export interface Asked {
  /** The names of the tools that were offered, in the order in which they came. */
  readonly offered: readonly string[];
  /** What the model has read of its calls so far. */
  readonly results: readonly string[];
}

/** What stands in the body of a request or the data of an event. */
export type Json = Readonly<Record<string, unknown>>;

/** What a model does in a turn: a tool that it calls, or what it says at last. */
export type Turn = { readonly id: string; readonly name: string; readonly arguments: object } | string;

/** One API: where it is asked, what a request means, and how an answer is streamed. */
export interface Api {
  readonly path: RegExp;
  readonly read: (body: Json) => Asked;
  /** The events of a streamed answer: their names, where the API has some, and their data. */
  readonly events: (turn: Turn, body: Json) => readonly (readonly [name: string | undefined, data: Json])[];
  /** What ends the stream, besides its end. */
  readonly last?: string;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));
/** The text of content, which is one or a list of parts. */
const words = (content: unknown): string =>
  Array.isArray(content)
    ? list(content)
        .map((part) => text(part.text ?? part))
        .join('\n')
    : text(content);

const messages: Api = {
  path: /\/v1\/messages(?:\?|$)/,
  read: ({ tools, messages }) => ({
    offered: list(tools).map(({ name }) => text(name)),
    results: list(messages)
      .flatMap(({ content }) => list(content))
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => words(content)),
  }),
  events: (turn, { model }) => {
    const usage = { input_tokens: 10, output_tokens: 1 };
    const isText = typeof turn === 'string';
    const block = isText
      ? { type: 'text', text: '' }
      : { type: 'tool_use', id: turn.id, name: turn.name, input: {} };
    const delta = isText
      ? { type: 'text_delta', text: turn }
      : { type: 'input_json_delta', partial_json: JSON.stringify(turn.arguments) };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], usage };
    const events: readonly Json[] = [
      { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null },
        usage,
      },
      { type: 'message_stop' },
    ];
    return events.map((event) => [text(event.type), event] as const);
  },
};

const responses: Api = {
  path: /\/responses$/,
  read: ({ tools, input }) => ({
    // A server of MCP is a namespace of functions to Codex.
    offered: list(tools).flatMap(({ type, name, tools: inside }) =>
      type === 'namespace' ? list(inside).map((tool) => `${text(name)}/${text(tool.name)}`) : [text(name)],
    ),
    results: list(input)
      .filter(({ type }) => type === 'function_call_output')
      .map(({ output }) => words(output)),
  }),
  events: (turn) => {
    const [namespace, name] = typeof turn === 'string' ? [] : turn.name.split('/');
    const item =
      typeof turn === 'string'
        ? { type: 'message', id: 'item_1', role: 'assistant', content: [{ type: 'output_text', text: turn }] }
        : {
            type: 'function_call',
            id: 'item_1',
            call_id: turn.id,
            arguments: JSON.stringify(turn.arguments),
            ...(name === undefined ? { name: turn.name } : { namespace, name }),
          };
    const usage = { input_tokens: 10, output_tokens: 1, total_tokens: 11 };
    const events: readonly Json[] = [
      { type: 'response.created', response: { id: 'resp_1' } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { id: 'resp_1', output: [item], usage } },
    ];
    return events.map((event) => [text(event.type), event] as const);
  },
};

const completions: Api = {
  path: /\/chat\/completions$/,
  read: ({ tools, messages }) => ({
    offered: list(tools).map((tool) => text((tool.function as Json | undefined)?.name)),
    results: list(messages)
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => words(content)),
  }),
  events: (turn, { model }) => {
    const isText = typeof turn === 'string';
    const delta = isText
      ? { role: 'assistant', content: turn }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              index: 0,
              id: turn.id,
              type: 'function',
              function: { name: turn.name, arguments: JSON.stringify(turn.arguments) },
            },
          ],
        };
    const chunk = (choice: Json): Json => ({
      id: 'chat_1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, finish_reason: null, ...choice }],
    });
    const end = chunk({ delta: {}, finish_reason: isText ? 'stop' : 'tool_calls' });
    const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
    return [
      [undefined, chunk({ delta })],
      [undefined, { ...end, usage }],
    ];
  },
  last: 'data: [DONE]\n\n',
};

const gemini: Api = {
  path: /:(?:streamG|g)enerateContent/,
  read: ({ tools, contents }) => ({
    offered: list(tools)
      .flatMap(({ functionDeclarations }) => list(functionDeclarations))
      .map(({ name }) => text(name)),
    results: list(contents)
      .flatMap(({ parts }) => list(parts))
      .flatMap(({ functionResponse }) => (functionResponse === undefined ? [] : [functionResponse as Json]))
      .map(({ response }) => text(response)),
  }),
  events: (turn) => {
    const part =
      typeof turn === 'string'
        ? { text: turn }
        : { functionCall: { id: turn.id, name: turn.name, args: turn.arguments } };
    const candidate = { index: 0, finishReason: 'STOP', content: { role: 'model', parts: [part] } };
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 1, totalTokenCount: 11 };
    return [[undefined, { candidates: [candidate], usageMetadata }]];
  },
};

export const apis: readonly Api[] = [messages, responses, completions, gemini];
