import { readEvents, readText } from './answer-body.ts';
import { type HttpAnswer, isOk, letGo } from './http-request.ts';
import { type HttpServerOptions, HttpSession, httpError } from './http-session.ts';
import { Line } from './line.ts';
import { Message } from './message.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';

export interface UrlServerOptions extends HttpServerOptions {
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
}

/** A stream that breaks off is taken up again so often, where the server can. */
const resumptions = 5;
const firstDelayMs = 1_000;
const shortestDelayMs = 100;
const longestDelayMs = 30_000;

/** The server was reached, and what it says makes no sense. */
const badAnswer = (why: string): Error => Object.assign(new Error(why), { status: 502 });

/** It has nothing to say by itself, or this session is gone, which the next request will find out. */
const saysNothing = (status: number): boolean => status >= 300 && status < 500 && status !== 429;

const lost = (why: string, cause?: unknown): Error =>
  Object.assign(new Error(why, { cause }), { code: 'ECONNRESET' });

/** What was read of a stream: the ids of the requests that it has answered, its last event's, and what has ended it. */
interface SeenStream {
  readonly answers: ReadonlySet<string>;
  readonly lastId: string | undefined;
  readonly fault: unknown;
}

/** A server that is reached by MCP's Streamable HTTP. */
export class UrlServer implements ServerConnection {
  readonly #session: HttpSession;
  readonly #maxMessageBytes: number;
  readonly #events: ServerEvents;
  readonly #abort = new AbortController();
  #isOver = false;
  /** Settled when the notifications before it have arrived: the server must not see a request overtake one. */
  #turn: Promise<void> = Promise.resolve();
  #retryMs = firstDelayMs;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: UrlServerOptions, events: ServerEvents) {
    this.#session = new HttpSession(options);
    this.#maxMessageBytes = options.maxMessageBytes;
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
    this.#session.version = version;
  }

  async close(how: 'gently' | 'now'): Promise<void> {
    if (this.#isOver) return;
    this.#stop();
    if (how === 'gently') await this.#session.end();
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

  async #post(message: Message): Promise<void> {
    try {
      const response = await this.#session.post(message, this.#abort.signal);
      if (!isOk(response)) await this.#refused(message, response);
      else if (message.isRequest) void this.#readAnswer(message, response);
      else {
        letGo(response);
        if (message.method === 'notifications/initialized') void this.#listen();
      }
    } catch (error) {
      this.#undelivered(message, error);
    }
  }

  async #refused(message: Message, response: HttpAnswer): Promise<void> {
    letGo(response);
    const isForgotten = response.status === 404 && this.#session.isNamed;
    this.#undelivered(message, httpError(response));
    if (isForgotten) this.#end({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
  }

  async #readAnswer(message: Message, response: HttpAnswer): Promise<void> {
    try {
      const type = response.headers.get('content-type') ?? '';
      if (/^text\/event-stream\b/i.test(type)) await this.#readStream(response, message);
      else if (/^application\/json\b/i.test(type))
        this.#readJson(await readText(response, this.#maxMessageBytes), message);
      else throw badAnswer(`it answered with content type ${JSON.stringify(type)}`);
    } catch (error) {
      this.#undelivered(message, error);
    }
  }

  #readJson(text: string, { id }: Message): void {
    const answers = this.#tell(text);
    if (id !== undefined && !answers.includes(id)) throw badAnswer('it answered with no answer to this');
  }

  /** Reads the events of an answer. One that breaks off is taken up where it was, if its events have names. */
  async #readStream(first: HttpAnswer, { id }: Message): Promise<void> {
    let response = first;
    let lastId: string | undefined;
    for (let tries = 0; ; tries++) {
      const seen = await this.#readEvents(response, lastId);
      lastId = seen.lastId;
      if (this.#isOver || (id !== undefined && seen.answers.has(id))) return;
      const { fault } = seen;
      if (lastId === undefined || tries === resumptions) {
        throw fault instanceof Error && 'status' in fault ? fault : lost('the answer broke off', fault);
      }
      await this.#delay(this.#retryMs);
      if (this.#isOver) return;
      response = await this.#session.get(lastId, this.#abort.signal);
      if (!isOk(response)) throw httpError(response);
    }
  }

  /** Listens to what the server says by itself, as long as the session lasts. */
  async #listen(): Promise<void> {
    let lastId: string | undefined;
    for (let failures = 0; !this.#isOver; ) {
      // Where the connection is lost, a request would find out.
      const response = await this.#session.get(lastId, this.#abort.signal).catch(() => undefined);
      failures = response !== undefined && isOk(response) ? 0 : failures + 1;
      if (response !== undefined && isOk(response))
        lastId = (await this.#readEvents(response, lastId)).lastId;
      else if (response !== undefined) letGo(response);
      if (response !== undefined && saysNothing(response.status)) return;
      if (!this.#isOver) await this.#delay(Math.min(this.#retryMs * 2 ** failures, longestDelayMs));
    }
  }

  /** Passes the messages of a stream on, to its end or its fault. */
  async #readEvents(response: HttpAnswer, lastIdBefore: string | undefined): Promise<SeenStream> {
    const answers = new Set<string>();
    let lastId = lastIdBefore;
    let fault: unknown;
    const reading = readEvents(response, {
      maxMessageBytes: this.#maxMessageBytes,
      onRetry: (ms) => {
        this.#retryMs = Math.min(Math.max(ms, shortestDelayMs), longestDelayMs);
      },
      onEvent: ({ id, data }) => {
        lastId = id ?? lastId;
        if (data === '') return;
        for (const answered of this.#tell(data)) answers.add(answered);
      },
    });
    await reading.catch((error: unknown) => {
      fault = error;
    });
    return { answers, lastId, fault };
  }

  /** Passes a message on. @returns the ids of the requests that it answers. */
  #tell(text: string): string[] {
    if (this.#isOver) return [];
    const line = Line.of(text);
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
