import { createParser, type EventSourceParser } from 'eventsource-parser';
import { Message } from './message.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';

export interface UrlServerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
}

/** A stream that breaks off is taken up again so often, where the server can. */
const resumptions = 5;
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
const farewellMs = 2_000;

const httpError = (response: Response): Error =>
  Object.assign(new Error(`HTTP ${response.status} ${response.statusText}`.trim()), {
    status: response.status,
    headers: response.headers,
  });

const lost = (why: string, cause?: unknown): Error =>
  Object.assign(new Error(why, { cause }), { code: 'ECONNRESET' });

/** A server that is reached by MCP's Streamable HTTP. */
export class UrlServer implements ServerConnection {
  readonly #options: UrlServerOptions;
  readonly #events: ServerEvents;
  readonly #abort = new AbortController();
  #session: string | undefined;
  #version: string | undefined;
  #isOver = false;
  /** Settled when the notifications before it have arrived: the server must not see a request overtake one. */
  #turn: Promise<void> = Promise.resolve();
  #retryMs = firstDelayMs;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: UrlServerOptions, events: ServerEvents) {
    this.#options = options;
    this.#events = events;
  }

  write(message: Message): boolean {
    const sent = this.#turn.then(() => this.#post(message));
    if (!message.isRequest) this.#turn = sent;
    return true;
  }

  /** Over HTTP each answer has a stream of its own, that nobody else waits for. */
  pause(): void {}

  resume(): void {}

  agreeOn(version: string): void {
    this.#version = version;
  }

  async close(how: 'gently' | 'now'): Promise<void> {
    if (this.#isOver) return;
    this.#stop();
    if (how === 'now' || this.#session === undefined) return;
    const signal = AbortSignal.timeout(farewellMs);
    await fetch(this.#options.url, { method: 'DELETE', headers: this.#headers({}), signal }).catch(() => {});
  }

  #stop(): void {
    this.#isOver = true;
    this.#abort.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #end(end: ServerEnd): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.onEnd(end);
  }

  #headers(more: Record<string, string>): Record<string, string> {
    return {
      ...this.#options.headers,
      ...more,
      ...(this.#session !== undefined && { 'mcp-session-id': this.#session }),
      ...(this.#version !== undefined && { 'mcp-protocol-version': this.#version }),
    };
  }

  async #post(message: Message): Promise<void> {
    try {
      const response = await fetch(this.#options.url, {
        method: 'POST',
        headers: this.#headers({
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        }),
        body: new Uint8Array(message.bytes),
        signal: this.#abort.signal,
      });
      const session = response.headers.get('mcp-session-id');
      if (session !== null) this.#session = session;
      if (!response.ok) await this.#refused(message, response);
      else if (message.isRequest) void this.#readAnswer(message, response);
      else {
        await response.body?.cancel();
        if (message.method === 'notifications/initialized') void this.#listen(undefined, 0);
      }
    } catch (error) {
      this.#undelivered(message, error);
    }
  }

  async #refused(message: Message, response: Response): Promise<void> {
    await response.body?.cancel();
    const isForgotten = response.status === 404 && this.#session !== undefined;
    this.#undelivered(message, httpError(response));
    if (isForgotten) this.#end({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
  }

  async #readAnswer(message: Message, response: Response): Promise<void> {
    try {
      const type = response.headers.get('content-type') ?? '';
      if (/^text\/event-stream\b/i.test(type)) await this.#readStream(response, message);
      else if (/^application\/json\b/i.test(type)) await this.#readJson(response);
      else
        throw Object.assign(new Error(`it answered with content type ${JSON.stringify(type)}`), {
          status: 502,
        });
    } catch (error) {
      this.#undelivered(message, error);
    }
  }

  async #readJson(response: Response): Promise<void> {
    const { maxMessageBytes } = this.#options;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunksOf(response)) {
      length += chunk.length;
      if (length > maxMessageBytes) throw tooLong(maxMessageBytes);
      chunks.push(chunk);
    }
    this.#tell(Buffer.concat(chunks).toString('utf8'));
  }

  /** Reads the events of an answer. One that breaks off is taken up where it was, if its events have names. */
  async #readStream(response: Response, message: Message, tries = 0): Promise<void> {
    const seen = { answer: false, lastId: undefined as string | undefined };
    let fault: unknown;
    await this.#readEvents(response, seen, message.id).catch((error: unknown) => {
      fault = error;
    });
    if (seen.answer || this.#isOver) return;
    if (seen.lastId === undefined || tries === resumptions) {
      throw fault instanceof Error && 'status' in fault ? fault : lost('the answer broke off', fault);
    }
    await this.#delay(this.#retryMs);
    if (this.#isOver) return;
    const again = await this.#get(seen.lastId);
    if (!again.ok) throw httpError(again);
    await this.#readStream(again, message, tries + 1);
  }

  /** Listens to what the server says by itself, as long as the session lasts. */
  async #listen(lastId: string | undefined, failures: number): Promise<void> {
    const seen = { answer: false, lastId };
    let failed = failures + 1;
    try {
      const response = await this.#get(lastId);
      if (!response.ok) {
        await response.body?.cancel();
        // It has nothing to say by itself, or this session is gone, which the next request will find out.
        if (response.status >= 400 && response.status < 500 && response.status !== 429) return;
      } else {
        failed = 0;
        await this.#readEvents(response, seen);
      }
    } catch {
      // The connection is lost; a request would find out.
    }
    if (this.#isOver) return;
    await this.#delay(Math.min(this.#retryMs * 2 ** failed, longestDelayMs));
    if (!this.#isOver) await this.#listen(seen.lastId, failed);
  }

  #get(lastId: string | undefined): Promise<Response> {
    const headers = this.#headers({
      accept: 'text/event-stream',
      ...(lastId !== undefined && { 'last-event-id': lastId }),
    });
    return fetch(this.#options.url, { headers, signal: this.#abort.signal });
  }

  async #readEvents(
    response: Response,
    seen: { answer: boolean; lastId: string | undefined },
    id?: string,
  ): Promise<void> {
    const { maxMessageBytes } = this.#options;
    const decoder = new TextDecoder();
    let fault: Error | undefined;
    const parser: EventSourceParser = createParser({
      maxBufferSize: maxMessageBytes,
      onRetry: (ms) => {
        this.#retryMs = Math.min(Math.max(ms, 100), longestDelayMs);
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') fault = tooLong(maxMessageBytes);
      },
      onEvent: (event) => {
        if (event.id !== undefined) seen.lastId = event.id;
        if (event.data === '' || (event.event !== undefined && event.event !== 'message')) return;
        const answers = this.#tell(event.data);
        if (id !== undefined && answers.includes(id)) seen.answer = true;
      },
    });
    for await (const chunk of chunksOf(response)) {
      if (this.#isOver) return;
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (fault !== undefined) throw fault;
    }
  }

  /** Passes a message on. @returns the ids of the requests that it answers. */
  #tell(text: string): string[] {
    if (this.#isOver) return [];
    // A line, whatever white space it was written with.
    const line = Buffer.from(`${text.replace(/[\r\n]+/g, ' ')}\n`);
    const ids = (Message.readLine(line) ?? []).flatMap((each) =>
      each.isResponse && each.id ? [each.id] : [],
    );
    this.#events.onLine(line);
    return ids;
  }

  #undelivered(message: Message, error: unknown): void {
    if (!this.#isOver) this.#events.onUndelivered(message, error);
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

/** The DOM's types do not know that a stream can be walked through. */
const chunksOf = (response: Response): AsyncIterable<Uint8Array> =>
  (response.body ?? new Blob([]).stream()) as unknown as AsyncIterable<Uint8Array>;

const tooLong = (bytes: number): Error =>
  Object.assign(new Error(`its answer is longer than ${bytes} bytes (see --max-message-mb)`), {
    status: 502,
  });
