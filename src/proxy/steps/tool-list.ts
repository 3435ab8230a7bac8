import { resultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import { type Json, Message } from '../wire/message.ts';
import type { Step } from './step.ts';

type Tools = readonly ({ readonly name?: unknown } | null)[];

/** How many pages of the list are kept. */
const maxPages = 100;

export interface ToolListOptions {
  /** Whether to offer a tool now. Undefined to always offer all of them. */
  readonly isOffered: ((tool: string) => boolean) | undefined;
  /** The server has told a page of its tools. */
  readonly onPage: (tools: readonly unknown[]) => void;
  /** The server has told its last page: these are all of its tools. */
  readonly onComplete: (tools: ReadonlySet<string>) => void;
}

/**
 * The server's list of tools: remembered, for a client that asks while no server runs; and without the tools that are not to
 * be offered now, where `isOffered` says so.
 */
export class ToolList implements Step {
  readonly #options: ToolListOptions;
  /** The results, by the era and the JSON text of the cursor that were asked with. */
  readonly #pages = new Map<string, Json>();
  /** The names on the pages since the first one. */
  #names = new Set<string>();

  constructor(options: ToolListOptions) {
    this.#options = options;
  }

  answer(request: ClientRequest, answer: Message): Message | undefined {
    if (answer.isError) return undefined;
    const { method, era } = request;
    const filters = this.#options.isOffered !== undefined;
    if (method === 'initialize' || method === 'server/discover')
      return filters ? withListChanged(answer) : undefined;
    if (method !== 'tools/list') return undefined;
    const result = answer.value('result') ?? null;
    const cursor = cursorOf(request);
    const page = `${era} ${cursor}`;
    if (this.#pages.size < maxPages || this.#pages.has(page)) this.#pages.set(page, result);
    this.#note(cursor, result);
    return filters ? this.#answer(request, result) : undefined;
  }

  dress(request: ClientRequest, remembered: Message): Message | undefined {
    return this.answer(request, remembered);
  }

  fromServer({ method }: Message): void {
    if (method === 'notifications/tools/list_changed') this.#pages.clear();
  }

  /** The list as the server told it last, in answer to a request; undefined where it did not, or for any other request. */
  recall(request: ClientRequest): Message | undefined {
    if (request.method !== 'tools/list') return undefined;
    const result = this.#pages.get(`${request.era} ${cursorOf(request)}`);
    return result === undefined ? undefined : this.#answer(request, result);
  }

  #note(cursor: string, result: Json): void {
    if (cursor === '') this.#names = new Set();
    this.#options.onPage(toolsOf(result) ?? []);
    for (const tool of toolsOf(result) ?? []) if (typeof tool?.name === 'string') this.#names.add(tool.name);
    const { nextCursor } = (result ?? {}) as { nextCursor?: unknown };
    if (nextCursor === undefined) this.#options.onComplete(this.#names);
  }

  #answer(request: ClientRequest, result: Json): Message {
    const { isOffered } = this.#options;
    const tools = toolsOf(result);
    if (tools === undefined) return Message.answer(request.id, { result });
    const offered =
      isOffered === undefined
        ? tools
        : tools.filter((tool) => typeof tool?.name !== 'string' || isOffered(tool.name));
    // Not to be kept, however long the server's own list may be: a circuit can change it at any moment.
    return resultAnswer(request, { ...(result as object), tools: offered as Json });
  }
}

function toolsOf(result: Json): Tools | undefined {
  const tools = (result as { tools?: unknown } | null)?.tools;
  return Array.isArray(tools) ? tools : undefined;
}

const cursorOf = ({ message }: ClientRequest): string => message.text('params', 'cursor') ?? '';

/** Says that the list of tools can change, for a server whose own list does not. */
function withListChanged(answer: Message): Message | undefined {
  const result = answer.value('result') as { capabilities?: { tools?: object } } | undefined;
  const tools = result?.capabilities?.tools;
  if (tools === undefined) return undefined;
  const capabilities = { ...result?.capabilities, tools: { ...tools, listChanged: true } };
  return Message.answer(answer.id as string, { result: { ...result, capabilities } as Json });
}
