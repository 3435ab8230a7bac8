import { reasonOf } from '../server/delivery-fault.ts';
import type { ServerEnd } from '../server/server-connection.ts';
import type { ServerLink } from '../server/server-link.ts';
import type { ClientRequest } from './client-request.ts';
import type { PendingRequests } from './pending-requests.ts';
import type { SecondTries } from './second-tries.ts';
import type { Failed } from './unanswered.ts';

/** How long a call that was lost waits for the next run of the server, in ms. */
const maxWaitForRunMs = 10_000;

export interface SentAgainOptions {
  readonly link: Pick<ServerLink, 'isReady' | 'write'>;
  readonly pending: PendingRequests;
  /** Which calls are sent once more; undefined for those only that a run has refused without having begun with them. */
  readonly tries: SecondTries | undefined;
  /** Answers a request that stays unanswered after all. */
  readonly fail: (request: ClientRequest, failed: Failed) => void;
}

/** The requests that the server gets a second time: after a pause, or in its next run. None gets there a third time. */
export class SentAgain {
  readonly #options: SentAgainOptions;
  /** Those that a run has refused without having begun with them: the next run gets them. */
  readonly #refused = new Set<ClientRequest>();
  /** Calls that were lost with a run, how, and until when the next one may come up. */
  readonly #lost = new Map<ClientRequest, { readonly end: ServerEnd; readonly timer: NodeJS.Timeout }>();
  /** Those that were refused and that the next run has got. */
  readonly #sent = new WeakSet<ClientRequest>();

  constructor(options: SentAgainOptions) {
    this.#options = options;
  }

  /** Whether any call waits for the next run of the server. */
  get waitForRun(): boolean {
    return this.#lost.size > 0;
  }

  /** A request did not reach the server, or its answer did not reach the proxy. @returns whether it is sent once more. */
  afterFault(request: ClientRequest, error: unknown): boolean {
    const { tries } = this.#options;
    const pauseMs = tries?.pauseAfterFault(request, error);
    if (pauseMs === undefined) return false;
    tries?.tries(request, reasonOf(error));
    setTimeout(() => this.#sendNow(request, error), pauseMs);
    return true;
  }

  /** A run was lost before it had answered a request. @returns whether the next run gets it. */
  afterLoss(request: ClientRequest, end: ServerEnd): boolean {
    const { tries } = this.#options;
    if (isRefused(request, end)) {
      if (!end.isReplaced || this.#sent.has(request)) return false;
      this.#refused.add(request);
      return true;
    }
    if (!tries?.afterLoss(request) || tries.hasTried(request)) return false;
    if (!this.#lost.has(request)) this.#keep(request, end);
    return true;
  }

  /** A new run has taken over. */
  revived(): void {
    for (const request of this.#takeRefused()) {
      this.#sent.add(request);
      this.#sendToRun(request);
    }
    for (const [request, { end }] of this.#takeLost()) {
      this.#options.tries?.tries(request, end.why);
      this.#sendToRun(request);
    }
  }

  /** No other run of the server could be started. */
  dropRefused(error: unknown): void {
    for (const request of this.#takeRefused())
      this.#giveUp(request, {
        how: 'undelivered',
        error: Object.assign(new Error(reasonOf(error)), { wasSent: false }),
      });
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#takeLost();
  }

  /** Sends a call that has failed, if its client still waits for it and the server is there. */
  #sendNow(request: ClientRequest, error: unknown): void {
    const { link } = this.#options;
    if (!this.#isWaiting(request)) return;
    if (link.isReady) link.write(request.forServer);
    else this.#giveUp(request, { how: 'undelivered', error });
  }

  #sendToRun(request: ClientRequest): void {
    this.#options.pending.extend(request);
    this.#options.link.write(request.forServer);
  }

  /** Keeps a lost call for the next run of the server. */
  #keep(request: ClientRequest, end: ServerEnd): void {
    const giveUp = (): void => {
      if (this.#lost.delete(request) && this.#isWaiting(request)) this.#giveUp(request, { how: 'lost', end });
    };
    this.#lost.set(request, { end, timer: setTimeout(giveUp, maxWaitForRunMs) });
  }

  /** Whether the client still waits for the answer. */
  #isWaiting(request: ClientRequest): boolean {
    return this.#options.pending.get(request.id) === request;
  }

  #giveUp(request: ClientRequest, failed: Failed): void {
    this.#options.pending.take(request.id);
    this.#options.fail(request, failed);
  }

  /** The refused requests that the client still waits for. */
  #takeRefused(): ClientRequest[] {
    const refused = this.#options.pending.all().filter((request) => this.#refused.has(request));
    this.#refused.clear();
    return refused;
  }

  /** The lost calls that the client still waits for. */
  #takeLost(): [ClientRequest, { readonly end: ServerEnd }][] {
    const lost = [...this.#lost];
    this.#lost.clear();
    for (const [, { timer }] of lost) clearTimeout(timer);
    return lost.filter(([request]) => this.#isWaiting(request));
  }
}

/** Whether a run certainly has not begun with a request that it leaves unanswered. */
export const isRefused = (request: ClientRequest, { refused }: ServerEnd): boolean =>
  refused?.ids.has(request.id) === true;
