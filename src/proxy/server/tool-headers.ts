import { type HeaderMark, markedText, markKey, marksOf } from '../wire/header-marks.ts';
import { headerValue } from '../wire/header-value.ts';
import { type Json, Message } from '../wire/message.ts';

/** How many pages of a list are read. */
const maxPages = 100;

/** For how many tools marks are kept. */
const maxTools = 10_000;

/**
 * Which arguments of a server's tools headers repeat, as its lists of tools have told. A client on standard input knows nothing
 * of headers, so the proxy sends them.
 */
export class ToolHeaders {
  readonly #hidesInvalid: boolean;
  /** By tool. A tool without marks is not in it. */
  readonly #marks = new Map<string, readonly HeaderMark[]>();

  /**
   * @param hidesInvalid Whether tools with invalid marks are taken from the list. The protocol asks that of clients over HTTP:
   * of the proxy only where its own client knows nothing of headers.
   */
  constructor({ hidesInvalid = false }: { readonly hidesInvalid?: boolean } = {}) {
    this.#hidesInvalid = hidesInvalid;
  }

  /** Reads a list of tools. @returns what the client is to see of it. */
  learn(answer: Message): Message {
    // Nearly no list has marks, and reading a long one costs time.
    if (this.#marks.size === 0 && !answer.line.bytes.includes(markKey)) return answer;
    const result = answer.value('result') as { readonly tools?: Json } | null | undefined;
    const tools = result?.tools;
    if (!Array.isArray(tools)) return answer;
    const valid = (tools as readonly Json[]).filter((tool) => this.#note(tool));
    if (!this.#hidesInvalid || valid.length === tools.length) return answer;
    return Message.answer(answer.id as string, { result: { ...result, tools: valid } });
  }

  /**
   * Reads all pages of the list.
   *
   * @param ask Asks for a page. Its answer has been learned when it resolves.
   */
  async lookUp(ask: (cursor: Json | undefined) => Promise<Message>): Promise<void> {
    let cursor: Json | undefined;
    for (let page = 0; page < maxPages; page++) {
      const answer = await ask(cursor);
      cursor = answer.value('result', 'nextCursor');
      if (cursor === undefined || cursor === null) return;
    }
  }

  /** The headers that repeat arguments of a call. */
  of(call: Message): Record<string, string> {
    const marks = this.marksOf(call);
    if (marks.length === 0) return {};
    const args = call.value('params', 'arguments');
    return Object.fromEntries(
      marks.flatMap((mark) => {
        const text = markedText(mark, args);
        return text === undefined ? [] : [[`mcp-param-${mark.name.toLowerCase()}`, headerValue(text)]];
      }),
    );
  }

  /** The marks of the tool that is called. */
  marksOf(call: Message): readonly HeaderMark[] {
    if (call.method !== 'tools/call' || this.#marks.size === 0) return [];
    const tool = call.value('params', 'name');
    return (typeof tool === 'string' ? this.#marks.get(tool) : undefined) ?? [];
  }

  /** @returns whether its marks are valid. */
  #note(tool: Json): boolean {
    const { name, inputSchema } = (tool ?? {}) as { readonly name?: Json; readonly inputSchema?: Json };
    if (typeof name !== 'string') return true;
    const { marks, isValid } = marksOf(inputSchema);
    if (marks.length === 0) this.#marks.delete(name);
    else if (this.#marks.size < maxTools) this.#marks.set(name, marks);
    return isValid;
  }
}
