import { setTimeout as delay } from 'node:timers/promises';
import { Line } from '../wire/line.ts';
import { readLongLine } from '../wire/long-line.ts';
import type { Message } from '../wire/message.ts';
import { type MessageListener, tellMessages } from '../wire/message-listener.ts';
import { readEvents, readText, tooLong } from './answer-body.ts';
import { isJson, isOpen, isStream, mayPass, wrongType } from './answer-kind.ts';
import { Barrier } from './barrier.ts';
import { AnswerFault } from './delivery-fault.ts';
import { type HttpAnswer, isOk, letGo } from './http-request.ts';
import { type HttpSession, httpError } from './http-session.ts';
import { asksForLife } from './life-signs.ts';

export interface ServerStreamsOptions {
  readonly session: HttpSession;
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  readonly listener: MessageListener;
}

/** How often in a row a broken answer is resumed without bringing anything new. */
const maxResumptions = 3;
/** How long to wait before a stream is resumed, in ms. A server can ask for another time, within limits. */
const firstDelayMs = 1_000;
const minDelayMs = 100;
const maxDelayMs = 30_000;

/**
 * How long after its request was sent the server's own stream counts as open though the server has not answered, in ms, at the least:
 * `toNodeHandler` of the TypeScript SDK 2 answers with the first event only.
 */
const noticeMs = 100;

/** What a stream brought. */
interface SeenStream {
  /** The ids of the requests that it answered, as JSON text. */
  readonly answers: ReadonlySet<string>;
  /** The id of its last event, or of the last event of the stream before it. */
  readonly lastId: string | undefined;
  /** Whether anything came at all. */
  readonly hasBrought: boolean;
  /** Whether one of its messages was too long. */
  readonly hasLong: boolean;
  /** The error that ended it; undefined if it ended properly. */
  readonly fault: unknown;
}

/** Reads what a server sends, in answer to a request or by itself. */
export class ServerStreams {
  readonly #options: ServerStreamsOptions;
  readonly #barrier = new Barrier();
  readonly #listening = new AbortController();
  #retryMs = firstDelayMs;

  constructor(options: ServerStreamsOptions) {
    this.#options = options;
  }

  /** Stops reading, except for answers that show whether the server is alive. */
  pause(): void {
    this.#barrier.close();
  }

  resume(): void {
    this.#barrier.open();
  }

  /** Passes nothing on from now on. */
  stop(): void {
    this.#listening.abort();
    this.#barrier.open();
  }

  /** Reads until a request is answered. @throws AnswerFault if it is not. */
  async readAnswer(request: Message, answer: HttpAnswer, signal: AbortSignal): Promise<void> {
    const barrier = asksForLife(request) ? undefined : this.#barrier;
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

  /**
   * Listens to what the server sends by itself, for as long as the session lasts.
   *
   * @param tookMs How long the server took for the request before, in ms: it is given as long to notice this one.
   * @param onListening Called when messages may go on: the server has answered, cannot be reached, or has had time to notice. May be
   *   called again.
   */
  async listen(tookMs: number, onListening: () => void): Promise<void> {
    const { signal } = this.#listening;
    const waitMs = Math.max(noticeMs, 2 * tookMs);
    let onSent: (() => void) | undefined = () => void setTimeout(onListening, waitMs).unref();
    let lastId: string | undefined;
    for (let failures = 0; !signal.aborted; ) {
      // A lost connection is not reported here: the next request will notice.
      const answer = await this.#options.session.get(lastId, signal, onSent).catch(() => undefined);
      onSent = undefined;
      onListening();
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
      throw AnswerFault.nonsense('its answer does not answer this request');
  }

  /** Reads the events of an answer. A broken one is resumed where it broke off, if its events have ids. */
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
        // Asking again would bring the same long message.
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

  /** Passes on the messages of a stream until it ends or breaks. */
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

  /** Passes on the messages of an event. @returns the ids of the requests that they answer. */
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
