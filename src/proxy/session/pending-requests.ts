import { longestTimerMs } from '../../../machines/backoff.ts';
import type { ClientRequest } from './client-request.ts';

/** How many requests that the proxy answered itself are remembered, so that the server's late answer is dropped. */
const maxLateAnswers = 10_000;

/** The requests of the client that wait for the server, and those that wait no more. */
export class PendingRequests {
  readonly #onDue: (request: ClientRequest) => void;
  readonly #byId = new Map<string, ClientRequest>();
  /** By the token with which the server tells their progress, as JSON text. */
  readonly #byToken = new Map<string, ClientRequest>();
  readonly #answered = new Set<string>();
  /** One for all, since a timer for each would cost more than the rest of a quick call. It may go off for nothing. */
  #timer: NodeJS.Timeout | undefined;
  #timerDueAt = Infinity;

  /** @param onDue Told of a request whose wait is over; it is to be taken, answered, or extended. */
  constructor(onDue: (request: ClientRequest) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  all(): ClientRequest[] {
    return [...this.#byId.values()];
  }

  add(request: ClientRequest): void {
    const { id, waitMs } = request;
    const progressToken = request.call?.progressToken;
    if (this.#answered.size > 0) this.#answered.delete(id);
    this.#byId.set(id, request);
    if (progressToken !== undefined) this.#byToken.set(progressToken, request);
    request.dueAt = performance.now() + waitMs;
    if (request.dueAt < this.#timerDueAt) this.#setTimer(request.dueAt);
  }

  /** The request that waits no more, as the server has answered or the client has given it up. */
  take(id: string): ClientRequest | undefined {
    const request = this.#byId.get(id);
    if (request === undefined) return undefined;
    this.#byId.delete(id);
    const progressToken = request.call?.progressToken;
    if (progressToken !== undefined) this.#byToken.delete(progressToken);
    return request;
  }

  /** The same, and the client has its answer: what the server still says is late. */
  answer(id: string): ClientRequest | undefined {
    const request = this.take(id);
    if (request === undefined) return undefined;
    this.#answered.add(id);
    if (this.#answered.size > maxLateAnswers) {
      const [oldest = ''] = this.#answered;
      this.#answered.delete(oldest);
    }
    return request;
  }

  /** Whether an answer of the server comes too late. */
  isLate(id: string): boolean {
    return this.#answered.delete(id);
  }

  /** The server is at work on it: its time begins anew. */
  progress(token: string): void {
    const request = this.#byToken.get(token);
    if (request !== undefined) this.extend(request);
  }

  /** Its time begins anew. */
  extend(request: ClientRequest): void {
    request.dueAt = performance.now() + request.waitMs;
  }

  /** A server that is new knows nothing of what was asked before it. */
  forgetAnswered(): void {
    this.#answered.clear();
  }

  /** Nothing waits any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#byId.clear();
    this.#byToken.clear();
  }

  #setTimer(dueAt: number): void {
    clearTimeout(this.#timer);
    this.#timerDueAt = dueAt;
    const waitMs = Math.min(Math.max(1, Math.ceil(dueAt - performance.now())), longestTimerMs);
    this.#timer = setTimeout(() => this.#tellDue(), waitMs).unref();
  }

  #tellDue(): void {
    this.#timerDueAt = Infinity;
    const now = performance.now();
    for (const request of this.#byId.values()) if (request.dueAt <= now) this.#onDue(request);
    let next = Infinity;
    for (const { dueAt } of this.#byId.values()) next = Math.min(next, dueAt);
    if (next < this.#timerDueAt) this.#setTimer(next);
  }
}
