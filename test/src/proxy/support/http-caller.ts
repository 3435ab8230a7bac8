import type { RawMessage } from './raw-client.ts';

const initialize = {
  id: 'initialize',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tester', version: '1' } },
};

export interface PostOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An MCP client over HTTP that only knows how to post, so that it can break off anywhere. */
export class HttpCaller {
  readonly #url: URL;
  #session: string | undefined;
  #lastId = 0;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Begins a session. */
  static async open(url: URL): Promise<HttpCaller> {
    const caller = new HttpCaller(url);
    const response = await caller.post(initialize);
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
    caller.#session = response.headers.get('mcp-session-id') ?? undefined;
    await (await caller.post({ method: 'notifications/initialized' })).text();
    return caller;
  }

  get #headers(): Record<string, string> {
    return {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(this.#session !== undefined && { 'mcp-session-id': this.#session }),
    };
  }

  /** Resolves as soon as there is a status. */
  post(message: object, { signal, headers }: PostOptions = {}): Promise<Response> {
    return fetch(this.#url, {
      method: 'POST',
      headers: { ...this.#headers, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      ...(signal && { signal }),
    });
  }

  /** Posts any text. */
  postText(body: string): Promise<Response> {
    return fetch(this.#url, { method: 'POST', headers: this.#headers, body });
  }

  call(name: string, args: object = {}, options: PostOptions = {}): Promise<Response> {
    return this.post(
      { id: ++this.#lastId, method: 'tools/call', params: { name, arguments: args } },
      options,
    );
  }

  /** Ends the session. */
  async end(): Promise<void> {
    await fetch(this.#url, { method: 'DELETE', headers: this.#headers });
  }

  /** Listens to what belongs to no request, or resumes a stream after an event. */
  listen({ signal, headers }: PostOptions = {}): Promise<Response> {
    return fetch(this.#url, { headers: { ...this.#headers, ...headers }, ...(signal && { signal }) });
  }
}

/** The messages of an event stream, as they come. */
async function* eventsOf({ body }: Response): AsyncGenerator<RawMessage> {
  let text = '';
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    text += decoder.decode(read.value, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [, data] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

/** The messages of a stream up to the last one of interest, or to its end. */
export async function messagesOf(
  response: Response,
  isLast: (message: RawMessage) => boolean = () => false,
): Promise<RawMessage[]> {
  const messages: RawMessage[] = [];
  for await (const message of eventsOf(response)) {
    messages.push(message);
    if (isLast(message)) break;
  }
  return messages;
}
