import { maxTimerMs } from '../../../machines/backoff.ts';
import type { ClientRequest } from './client-request.ts';

/** How many requests that the proxy itself has answered are remembered, so that the server's late answers are dropped. */
const maxLateAnswers = 10_000;

/** The requests of the client that wait for the server, and those that the proxy has answered in its place. */
export class PendingRequests {
  readonly #onDue: (request: ClientRequest) => void;
  readonly #byId = new Map<string, ClientRequest>();
  /** By their progress tokens, as JSON text. */
  readonly #byToken = new Map<string, ClientRequest>();
  readonly #answered = new Set<string>();
  /** One timer for all: one for each would cost more than the rest of a quick call. It may fire with nothing due. */
  #timer: NodeJS.Timeout | undefined;
  #timerDueAt = Infinity;
  /** When time was stopped, in ms of `performance.now()`. */
  #heldAt: number | undefined;
  #onIdle = (): void => {};

  /** @param onDue Called for a request whose time is over. It has to take, answer or extend it. */
  constructor(onDue: (request: ClientRequest) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): ClientRequest | undefined {
    return this.#byId.get(id);
  }

  all(): ClientRequest[] {
    return [...this.#byId.values()];
  }

  /** Resolves when no request waits. For one caller. */
  whenIdle(): Promise<void> {
    if (this.#byId.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
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

  /** Removes a request that the server has answered or the client has cancelled. */
  take(id: string): ClientRequest | undefined {
    const request = this.#byId.get(id);
    if (request === undefined) return undefined;
    this.#byId.delete(id);
    const progressToken = request.call?.progressToken;
    if (progressToken !== undefined) this.#byToken.delete(progressToken);
    if (this.#byId.size === 0) this.#onIdle();
    return request;
  }

  /** Removes a request that the proxy itself answers: an answer of the server is late from now on. */
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

  /** Whether an answer of the server is late. It is then forgotten. */
  isLate(id: string): boolean {
    return this.#answered.delete(id);
  }

  /** The server reports progress: the request's time limit starts again. */
  progress(token: string): void {
    const request = this.#byToken.get(token);
    if (request !== undefined) this.extend(request);
  }

  /** Starts the time limit of a request again. */
  extend(request: ClientRequest): void {
    request.dueAt = performance.now() + request.waitMs;
  }

  /** Stops time: no request comes due until `goOn`. */
  holdTime(): void {
    this.#heldAt ??= performance.now();
  }

  /** The time since `holdTime` counts for no request. */
  goOn(): void {
    if (this.#heldAt === undefined) return;
    const now = performance.now();
    for (const request of this.#byId.values()) {
      // A request that came meanwhile has waited for less.
      const beganAt = request.dueAt - request.waitMs;
      request.dueAt += now - Math.max(this.#heldAt, Math.min(beganAt, now));
    }
    this.#heldAt = undefined;
    this.#tellDue();
  }

  /** Forgets which answers would be late: a new server knows nothing of earlier requests. */
  forgetAnswered(): void {
    this.#answered.clear();
  }

  /** Removes all requests. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#byId.clear();
    this.#byToken.clear();
  }

  #setTimer(dueAt: number): void {
    clearTimeout(this.#timer);
    this.#timerDueAt = dueAt;
    const waitMs = Math.min(Math.max(1, Math.ceil(dueAt - performance.now())), maxTimerMs);
    this.#timer = setTimeout(() => this.#tellDue(), waitMs).unref();
  }

  #tellDue(): void {
    clearTimeout(this.#timer);
    this.#timerDueAt = Infinity;
    if (this.#heldAt !== undefined) return;
    const now = performance.now();
    for (const request of this.#byId.values()) if (request.dueAt <= now) this.#onDue(request);
    let next = Infinity;
    for (const { dueAt } of this.#byId.values()) next = Math.min(next, dueAt);
    if (next < this.#timerDueAt) this.#setTimer(next);
  }
}
