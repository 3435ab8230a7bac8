import { setTimeout as delay } from 'node:timers/promises';
import { Line } from '../wire/line.ts';
import { readLongLine } from '../wire/long-line.ts';
import type { Message } from '../wire/message.ts';
import { type MessageListener, tellMessages } from '../wire/message-listener.ts';
import { readEvents, readText, tooLong } from './answer-body.ts';
import { Barrier } from './barrier.ts';
import { AnswerFault } from './delivery-fault.ts';
import { type HttpAnswer, isOk, letGo } from './http-request.ts';
import { type HttpSession, httpError } from './http-session.ts';

export interface ServerStreamsOptions {
  readonly session: HttpSession;
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  readonly listener: MessageListener;
}

/** An answer that breaks off is taken up again so often in a row without anything new. */
const maxResumptions = 3;
const firstDelayMs = 1_000;
const minDelayMs = 100;
const maxDelayMs = 30_000;

/** What was read of a stream. */
interface SeenStream {
  /** The ids of the requests that it has answered, as JSON text. */
  readonly answers: ReadonlySet<string>;
  /** Its last event's id, or that of the stream before. */
  readonly lastId: string | undefined;
  readonly hasBrought: boolean;
  /** Whether it has held a message that was too long. */
  readonly hasLong: boolean;
  /** What has ended it. */
  readonly fault: unknown;
}

/** Reads what a server says: in answer to a request, or by itself. */
export class ServerStreams {
  readonly #options: ServerStreamsOptions;
  readonly #barrier = new Barrier();
  readonly #listening = new AbortController();
  #retryMs = firstDelayMs;

  constructor(options: ServerStreamsOptions) {
    this.#options = options;
  }

  /** Reads nothing more for a while, but the answer to a ping: that is short, and tells whether the server lives. */
  pause(): void {
    this.#barrier.close();
  }

  resume(): void {
    this.#barrier.open();
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#listening.abort();
    this.#barrier.open();
  }

  /** Reads until a request is answered. @throws AnswerFault where it is not. */
  async readAnswer(request: Message, answer: HttpAnswer, signal: AbortSignal): Promise<void> {
    const barrier = request.method === 'ping' ? undefined : this.#barrier;
    try {
      if (isStream(answer)) await this.#readStream(request, answer, barrier, signal);
      else if (isJson(answer)) await this.#readJson(request, answer, barrier);
      else {
        letGo(answer);
        throw wrongType(answer);
      }
    } catch (error) {
      throw error instanceof AnswerFault ? error : AnswerFault.lost(error);
    }
  }

  /** Listens to what the server says by itself, as long as the session lasts. */
  async listen(): Promise<void> {
    const { signal } = this.#listening;
    let lastId: string | undefined;
    for (let failures = 0; !signal.aborted; ) {
      // Where the connection is lost, a request would find out.
      const answer = await this.#options.session.get(lastId, signal).catch(() => undefined);
      if (answer !== undefined && isOpen(answer)) {
        failures = 0;
        lastId = (await this.#readEvents(answer, lastId, this.#barrier)).lastId;
      } else {
        failures++;
        if (answer !== undefined) {
          letGo(answer);
          if (!mayPass(answer)) return;
        }
      }
      const delayMs = Math.min(this.#retryMs * 2 ** failures, maxDelayMs);
      await delay(delayMs, undefined, { signal }).catch(() => {});
    }
  }

  async #readJson({ id }: Message, answer: HttpAnswer, barrier: Barrier | undefined): Promise<void> {
    const { maxMessageBytes } = this.#options;
    const answers = this.#tell(await readText(answer, { maxMessageBytes, barrier }));
    if (id !== undefined && !answers.includes(id))
      throw AnswerFault.nonsense('it answered with no answer to this');
  }

  /** Reads the events of an answer. One that breaks off is taken up where it was, if its events have names. */
  async #readStream(
    { id }: Message,
    first: HttpAnswer,
    barrier: Barrier | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let answer: HttpAnswer | undefined = first;
    let lastId: string | undefined;
    let fault: unknown;
    for (let tries = 0; ; tries++) {
      if (answer !== undefined) {
        const seen: SeenStream = await this.#readEvents(answer, lastId, barrier);
        if (id !== undefined && seen.answers.has(id)) return;
        // It would be as long when it is asked for again.
        if (seen.hasLong) throw tooLong(this.#options.maxMessageBytes);
        ({ lastId, fault } = seen);
        if (seen.hasBrought) tries = 0;
      }
      if (lastId === undefined || tries === maxResumptions) throw AnswerFault.lost(fault);
      await delay(Math.min(this.#retryMs * (tries + 1), maxDelayMs), undefined, { signal });
      answer = await this.#options.session.get(lastId, signal).catch((error: unknown) => {
        fault = error;
        return undefined;
      });
      if (answer === undefined || isOpen(answer)) continue;
      letGo(answer);
      fault = isOk(answer) ? wrongType(answer) : httpError(answer);
      if (!mayPass(answer)) throw AnswerFault.lost(fault);
      answer = undefined;
    }
  }

  /** Passes the messages of a stream on, to its end or its fault. */
  async #readEvents(
    answer: HttpAnswer,
    lastIdBefore: string | undefined,
    barrier: Barrier | undefined,
  ): Promise<SeenStream> {
    const answers = new Set<string>();
    let lastId = lastIdBefore;
    let hasBrought = false;
    let hasLong = false;
    let fault: unknown;
    const reading = readEvents(answer, {
      maxMessageBytes: this.#options.maxMessageBytes,
      barrier,
      onPart: () => {
        hasBrought = true;
      },
      onRetry: (ms) => {
        this.#retryMs = Math.min(Math.max(ms, minDelayMs), maxDelayMs);
      },
      onEvent: ({ id, data }) => {
        lastId = id ?? lastId;
        if (data === '') return;
        for (const answered of this.#tell(data)) answers.add(answered);
      },
      onLongMessage: (message) => {
        hasLong = true;
        const { id, asks } = readLongLine(message);
        if (id !== undefined && !asks) answers.add(id);
        if (!this.#listening.signal.aborted) this.#options.listener.onLongLine(message);
      },
    });
    await reading.catch((error: unknown) => {
      fault = error;
    });
    return { answers, lastId, hasBrought, hasLong, fault };
  }

  /** Passes a message on. @returns the ids of the requests that it answers. */
  #tell(text: string): string[] {
    if (this.#listening.signal.aborted) return [];
    const { onMessage, onGarbage, onLongLine } = this.#options.listener;
    const ids: string[] = [];
    tellMessages(Line.of(text), {
      onMessage: (message) => {
        if (message.isResponse && message.id !== undefined) ids.push(message.id);
        onMessage(message);
      },
      onGarbage,
      onLongLine,
    });
    return ids;
  }
}

const typeOf = ({ headers }: HttpAnswer): string => headers.get('content-type') ?? '';
const isStream = (answer: HttpAnswer): boolean => /^text\/event-stream\b/i.test(typeOf(answer));
const isJson = (answer: HttpAnswer): boolean => /^application\/json\b/i.test(typeOf(answer));
/** Whether a stream was given that was asked for. */
const isOpen = (answer: HttpAnswer): boolean => isOk(answer) && isStream(answer);

const wrongType = (answer: HttpAnswer): AnswerFault =>
  AnswerFault.nonsense(`it answered with content type ${JSON.stringify(typeOf(answer))}`);

/** Of these a client may do the same again, and be answered in another way. */
const passing = new Set([408, 409, 423, 425, 429]);

/** Whether a stream that was not given may be given another time. */
const mayPass = ({ status }: HttpAnswer): boolean => passing.has(status) || (status >= 500 && status !== 501);
