import type { Permit } from 'toolfuse';
import type { AskedCall } from './answers.ts';
import type { Message } from './message.ts';

/** A request of the client that the server has not answered yet. */
export interface PendingRequest {
  readonly message: Message;
  /** The id, as JSON text. */
  readonly id: string;
  readonly method: string;
  /** Where it is a tool call. */
  readonly call?: AskedCall & { readonly permit: Permit };
  /** Ends the wait for an answer. */
  timer?: NodeJS.Timeout | undefined;
}

/** Of so many requests that were answered in the server's place its own late answer is known, and dropped. */
const rememberedAnswers = 10_000;

/** The requests of the client that wait for the server, and those that wait no more. */
export class PendingRequests {
  readonly #byId = new Map<string, PendingRequest>();
  /** By the token with which the server tells their progress, as JSON text. */
  readonly #byToken = new Map<string, PendingRequest>();
  readonly #answered = new Set<string>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): PendingRequest | undefined {
    return this.#byId.get(id);
  }

  last(): PendingRequest | undefined {
    return [...this.#byId.values()].at(-1);
  }

  add(request: PendingRequest): void {
    this.#answered.delete(request.id);
    this.#byId.set(request.id, request);
    const token = request.timer && tokenOf(request);
    if (token) this.#byToken.set(token, request);
  }

  /** The request that waits no more, as the server has answered or the client has given it up. */
  take(id: string): PendingRequest | undefined {
    const request = this.#byId.get(id);
    if (request === undefined) return undefined;
    this.#byId.delete(id);
    if (request.timer !== undefined) {
      clearTimeout(request.timer);
      const token = tokenOf(request);
      if (token !== undefined) this.#byToken.delete(token);
    }
    return request;
  }

  /** The same, and the client has its answer: what the server still says is late. */
  answer(id: string): PendingRequest | undefined {
    const request = this.take(id);
    if (request === undefined) return undefined;
    this.#answered.add(id);
    if (this.#answered.size > rememberedAnswers) {
      for (const oldest of this.#answered) {
        this.#answered.delete(oldest);
        break;
      }
    }
    return request;
  }

  /** Whether an answer of the server comes too late. */
  isLate(id: string): boolean {
    return this.#answered.delete(id);
  }

  /** The server is at work on it: its time begins anew. */
  progress(token: string): void {
    this.#byToken.get(token)?.timer?.refresh();
  }

  /** A server that is gone answers none of them. */
  all(): PendingRequest[] {
    return [...this.#byId.values()];
  }

  /** A server that is new knows nothing of what was asked before it. */
  forgetAnswered(): void {
    this.#answered.clear();
  }
}

const tokenOf = ({ message }: PendingRequest): string | undefined =>
  message.mentions('progressToken') ? message.text('params', '_meta', 'progressToken') : undefined;
