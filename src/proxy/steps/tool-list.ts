import type { ClientRequest } from '../session/client-request.ts';
import { type Json, Message } from '../wire/message.ts';
import type { Step } from './step.ts';

type Tools = readonly ({ readonly name?: unknown } | null)[];

/** How many pages of the list are kept. */
const maxPages = 100;

export interface ToolListOptions {
  /** Whether to offer a tool now. Undefined to always offer all of them. */
  readonly isOffered: ((tool: string) => boolean) | undefined;
  /** The server has told its last page: these are all of its tools. */
  readonly onComplete: (tools: ReadonlySet<string>) => void;
}

/**
 * The server's list of tools: remembered, for a client that asks while no server runs; and without the tools that are not to
 * be offered now, where `isOffered` says so.
 */
export class ToolList implements Step {
  readonly #options: ToolListOptions;
  /** The results, by the JSON text of the cursor that was asked with. */
  readonly #pages = new Map<string, Json>();
  /** The names on the pages since the first one. */
  #names = new Set<string>();

  constructor(options: ToolListOptions) {
    this.#options = options;
  }

  answer({ message }: ClientRequest, answer: Message): Message | undefined {
    if (answer.isError) return undefined;
    const filters = this.#options.isOffered !== undefined;
    if (message.method === 'initialize') return filters ? withListChanged(answer) : undefined;
    if (message.method !== 'tools/list') return undefined;
    const result = answer.value('result') ?? null;
    const page = pageOf(message);
    if (this.#pages.size < maxPages || this.#pages.has(page)) this.#pages.set(page, result);
    this.#note(page, result);
    return filters ? this.#answer(answer.id as string, result) : undefined;
  }

  fromServer({ method }: Message): void {
    if (method === 'notifications/tools/list_changed') this.#pages.clear();
  }

  /** The list as the server told it last, in answer to a request; undefined where it did not, or for any other request. */
  recall(request: Message): Message | undefined {
    const result = request.method === 'tools/list' ? this.#pages.get(pageOf(request)) : undefined;
    return result === undefined ? undefined : this.#answer(request.id as string, result);
  }

  #note(page: string, result: Json): void {
    if (page === '') this.#names = new Set();
    for (const tool of toolsOf(result) ?? []) if (typeof tool?.name === 'string') this.#names.add(tool.name);
    const { nextCursor } = (result ?? {}) as { nextCursor?: unknown };
    if (nextCursor === undefined) this.#options.onComplete(this.#names);
  }

  #answer(id: string, result: Json): Message {
    const { isOffered } = this.#options;
    const tools = toolsOf(result);
    if (isOffered === undefined || tools === undefined) return Message.answer(id, { result });
    const offered = tools.filter((tool) => typeof tool?.name !== 'string' || isOffered(tool.name));
    return Message.answer(id, { result: { ...(result as object), tools: offered as Json } });
  }
}

function toolsOf(result: Json): Tools | undefined {
  const tools = (result as { tools?: unknown } | null)?.tools;
  return Array.isArray(tools) ? tools : undefined;
}

const pageOf = (request: Message): string => request.text('params', 'cursor') ?? '';

/** Says that the list of tools can change, for a server whose own list does not. */
function withListChanged(answer: Message): Message | undefined {
  const result = answer.value('result') as { capabilities?: { tools?: object } } | undefined;
  const tools = result?.capabilities?.tools;
  if (tools === undefined) return undefined;
  const capabilities = { ...result?.capabilities, tools: { ...tools, listChanged: true } };
  return Message.answer(answer.id as string, { result: { ...result, capabilities } as Json });
}
