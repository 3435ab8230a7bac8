import { type Json, Message } from '../wire/message.ts';

type Tools = readonly ({ readonly name?: unknown } | null)[];

/** As many pages of the list are kept. */
const maxPages = 100;

export interface ToolListOptions {
  /** Left out where all tools are always offered. */
  readonly isOffered?: ((tool: string) => boolean) | undefined;
  /** The server has told all of its tools. */
  readonly onComplete?: (tools: ReadonlySet<string>) => void;
}

/**
 * The server's list of tools: as it was last told, for a client that asks while no server runs; and without the tools
 * that are not to be offered now, where that is asked for.
 */
export class ToolList {
  readonly #options: ToolListOptions;
  /** The results, by the JSON text of their requests' parameters. */
  readonly #pages = new Map<string, Json>();

  /** The names on the pages that were told one after the other. */
  #names = new Set<string>();

  constructor(options: ToolListOptions = {}) {
    this.#options = options;
  }

  /** What the client is to see of an answer to one of its requests. */
  see(request: Message, answer: Message): Message {
    if (request.method === 'initialize' && this.#options.isOffered !== undefined)
      return withListChanged(answer);
    if (request.method !== 'tools/list') return answer;
    const result = answer.value('result') ?? null;
    const page = pageOf(request);
    if (this.#pages.size < maxPages || this.#pages.has(page)) this.#pages.set(page, result);
    this.#note(page, result);
    return this.#options.isOffered === undefined ? answer : this.#answer(answer.id as string, result);
  }

  /** The answer to a request that no server can answer now, from what it said last. */
  answer(request: Message): Message | undefined {
    const result = request.method === 'tools/list' ? this.#pages.get(pageOf(request)) : undefined;
    return result === undefined ? undefined : this.#answer(request.id as string, result);
  }

  /** The list is another one by now. */
  forget(): void {
    this.#pages.clear();
  }

  #note(page: string, result: Json): void {
    if (page === '') this.#names = new Set();
    for (const tool of toolsOf(result) ?? []) if (typeof tool?.name === 'string') this.#names.add(tool.name);
    const { nextCursor } = (result ?? {}) as { nextCursor?: unknown };
    if (nextCursor === undefined) this.#options.onComplete?.(this.#names);
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

/** Says that the list of tools can change, for a server whose own list cannot. */
function withListChanged(answer: Message): Message {
  const result = answer.value('result') as { capabilities?: { tools?: object } } | undefined;
  const tools = result?.capabilities?.tools;
  if (tools === undefined) return answer;
  const capabilities = { ...result?.capabilities, tools: { ...tools, listChanged: true } };
  return Message.answer(answer.id as string, { result: { ...result, capabilities } as Json });
}
