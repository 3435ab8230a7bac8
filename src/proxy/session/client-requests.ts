import { isBeginning } from '../memory/lists.ts';
import type { SessionMemory } from '../memory/session-memory.ts';
import { isRefusal, reasonOf } from '../server/delivery-fault.ts';
import type { ServerEnd } from '../server/server-connection.ts';
import type { ServerLink } from '../server/server-link.ts';
import type { Steps } from '../steps/steps.ts';
import { eraOf } from '../wire/era.ts';
import { Message } from '../wire/message.ts';
import { readToolCall } from '../wire/tool-call.ts';
import type { ClientRequest } from './client-request.ts';
import { PendingRequests } from './pending-requests.ts';
import type { SecondTries } from './second-tries.ts';
import { isRefused, SentAgain } from './sent-again.ts';
import type { SessionCircuits } from './server-circuits.ts';
import { Silence } from './silence.ts';
import { Subscriptions } from './subscriptions.ts';
import { answerInstead, type Failed, noAnswerWithin } from './unanswered.ts';

export interface ClientRequestsOptions {
  readonly link: ServerLink;
  readonly circuits: SessionCircuits;
  readonly steps: Steps;
  readonly toClient: (message: Message) => void;
  /** How long a call of a tool may take, in ms. For '': any other request. */
  readonly timeoutMs: (tool: string) => number;
  /** How long the server may take to answer `initialize`, in ms. */
  readonly startTimeoutMs: number;
  /** Whether the proxy itself changes the list of tools. */
  readonly changesTools: boolean;
  /** What the server answered last, for when it is not there. */
  readonly memory: SessionMemory | undefined;
  /** Which calls are sent once more; undefined for those only that a run has refused without having begun with them. */
  readonly tries: SecondTries | undefined;
  /** A run of the server comes up, whose client was answered from memory. */
  readonly onStarting: (starting: Promise<void>, why: string) => void;
}

/** What clients say that give a call up because their own time limit has passed. */
const timedOut = /\btim(?:ed?|ing)[ -]?out\b|\bdeadline\b/i;

/** The requests of the client, each until its end: a request passes the steps, waits for the server, and is answered. */
export class ClientRequests {
  readonly #options: ClientRequestsOptions;
  readonly #steps: Steps;
  readonly #silence: Silence;
  readonly #pending = new PendingRequests((request) => this.#timedOut(request));
  readonly #sentAgain: SentAgain;
  readonly subscriptions: Subscriptions;

  constructor(options: ClientRequestsOptions) {
    this.#options = options;
    this.#steps = options.steps;
    const { link, circuits, toClient, changesTools, tries } = options;
    const toServer = (message: Message): void => {
      if (link.isReady) link.write(message);
    };
    this.subscriptions = new Subscriptions({ toClient, toServer, changesTools });
    this.#sentAgain = new SentAgain({
      link,
      pending: this.#pending,
      tries,
      fail: (request, failed) => this.#fail(request, failed),
    });
    this.#silence = new Silence({
      isReady: () => link.isReady,
      ping: () => link.ping(),
      onHung: () => circuits.serverFailed('it did not answer a ping'),
    });
  }

  /** How many requests wait for the server. */
  get size(): number {
    return this.#pending.size;
  }

  /** Takes a request. @returns what to send to the server; undefined if the client has been answered. */
  ask(message: Message, id: string, method: string): Message | undefined {
    // Two open requests with the same id: only the server knows which one it answers.
    if (this.#pending.has(id)) return message;
    const request = this.#read(message, id, method);
    const answer = this.#steps.request(request);
    const { link, memory } = this.#options;
    if (answer === undefined) {
      this.#pending.add(request);
      if (!link.isReady) {
        this.subscriptions.hold(request);
        return undefined;
      }
      this.subscriptions.asked(request);
      link.hear(request);
      memory?.asked(request);
    } else this.#options.toClient(answer);
    return answer === undefined ? request.forServer : undefined;
  }

  /** The server has said anything at all. */
  heardServer(): void {
    this.#silence.heard();
  }

  /** The server waits for the client: as long as it does, no request's time runs. */
  holdTime(): void {
    this.#pending.holdTime();
  }

  /** The server waits for the client no longer. */
  goOn(): void {
    this.#pending.goOn();
  }

  /** Takes an answer of the server. @returns what to pass on; undefined if the client has been answered already. */
  answered(answer: Message, id: string): Message | undefined {
    const request = this.#pending.take(id);
    if (request === undefined) return this.#pending.isLate(id) ? undefined : answer;
    this.#options.memory?.heard(request, answer);
    const seen = this.#steps.answer(request, answer);
    if (!answer.isError) this.#options.link.remember(request, answer);
    return this.subscriptions.answered(request, seen);
  }

  /** The server reports progress on a request, whose time limit starts again. */
  progress(notification: Message): void {
    const token = notification.idAt('params', 'progressToken');
    if (token !== undefined) this.#pending.progress(token);
  }

  /** The client cancels a request. */
  cancelled(notification: Message): void {
    const id = notification.idAt('params', 'requestId');
    if (id !== undefined) this.subscriptions.closed(id);
    const request = id === undefined ? undefined : this.#pending.take(id);
    if (request === undefined) return;
    this.#options.memory?.ended(request);
    const reason = notification.value('params', 'reason');
    // A client also cancels when its own time limit has passed. The tool is blamed only if the client says so.
    const hasTimedOut = typeof reason === 'string' && timedOut.test(reason);
    this.#steps.unanswered(request, { how: 'cancelled', hasTimedOut });
    // Where a call has timed out, its circuit asks whether the server is alive.
    if (!hasTimedOut) void this.#silence.doubt(request.askedAt);
    else if (request.call === undefined) void this.#doubtServer();
  }

  /** A request did not reach the server, or its answer did not reach the proxy. */
  undelivered(id: string, error: unknown): void {
    if (!isRefusal(error) && this.subscriptions.resumeLater(id)) return;
    const request = this.#pending.get(id);
    if (request === undefined || this.#sentAgain.afterFault(request, error)) return;
    this.#pending.answer(id);
    this.#fail(request, { how: 'undelivered', error });
  }

  /** Whether any call waits for the next run of the server. */
  get waitForRun(): boolean {
    return this.#sentAgain.waitForRun;
  }

  /** The answer to a request is longer than the proxy passes on. */
  tooLong(id: string, why: string): void {
    const request = this.#pending.take(id);
    if (request !== undefined) this.#fail(request, { how: 'tooLong', why });
  }

  /** The server was lost, and answers none of the open requests. The next run gets those that this one has not begun with. */
  lost(end: ServerEnd): void {
    for (const request of this.#pending.all()) {
      // The next run is asked for it again.
      if (this.subscriptions.isOpen(request.id)) continue;
      if (this.canWait(request)) {
        this.subscriptions.hold(request);
        continue;
      }
      if (this.#sentAgain.afterLoss(request, end)) continue;
      this.#pending.take(request.id);
      this.#fail(
        request,
        isRefused(request, end) ? { how: 'undelivered', error: end.refused?.error } : { how: 'lost', end },
      );
    }
    this.#pending.forgetAnswered();
  }

  /** Whether a request can wait until the server is there: a subscription, in which the proxy has a part until then. */
  canWait({ method, era }: ClientRequest): boolean {
    return this.#options.memory !== undefined && method === 'subscriptions/listen' && era === 'modern';
  }

  /** The server takes too long over a request whose last answer is known: the client gets that one. */
  answerFromMemory(request: ClientRequest, waitMs: number): void {
    const { memory, link, toClient, onStarting } = this.#options;
    const why = noAnswerWithin(request.method, waitMs);
    const answer = this.#pending.has(request.id) ? memory?.recall(request, why) : undefined;
    if (answer === undefined) return;
    this.#pending.take(request.id);
    this.#steps.unanswered(request, { how: 'remembered' });
    if (isBeginning(request.method) && !answer.isError) onStarting(link.adoptBeginning(request.message), why);
    else
      link.adopt(request.message).then(
        (late) => memory?.heardLate(request, late),
        () => {},
      );
    toClient(answer);
  }

  /** A new run of the server has taken over. */
  revived(): void {
    this.subscriptions.resume();
    this.#sentAgain.revived();
  }

  /** No other run of the server could be started. */
  dropRefused(error: unknown): void {
    this.#sentAgain.dropRefused(error);
  }

  /** The client asks nothing more, and listens to nothing. Resolves when no request waits for the server. */
  finish(): Promise<void> {
    this.#endSubscriptions();
    return this.#pending.whenIdle();
  }

  /** The session has ended. What still waits is answered now, for a client that goes on reading. */
  close(): void {
    this.#sentAgain.end();
    this.#endSubscriptions();
    for (const request of this.#pending.all()) this.#fail(request, { how: 'closed' });
    this.#pending.stop();
  }

  #endSubscriptions(): void {
    for (const request of this.#pending.all()) {
      if (!this.subscriptions.isOpen(request.id)) continue;
      this.#pending.take(request.id);
      this.#steps.unanswered(request, { how: 'closed' });
    }
    this.subscriptions.close();
  }

  #read(message: Message, id: string, method: string): ClientRequest {
    const { circuits, timeoutMs, startTimeoutMs } = this.#options;
    const read = method === 'tools/call' ? readToolCall(message) : undefined;
    // A tool that happens to be named like a circuit of the server is not guarded.
    const call = read === undefined || circuits.isOfServer(read.tool) ? undefined : read;
    const era = read?.era ?? eraOf(message);
    const isSubscription = method === 'subscriptions/listen' && era === 'modern';
    const byMethod = method === 'initialize' ? startTimeoutMs : timeoutMs(call?.tool ?? '');
    // A subscription is not to be answered before it ends.
    const waitMs = isSubscription ? Infinity : byMethod;
    return {
      message,
      forServer: message,
      id,
      method,
      era,
      call,
      waitMs,
      askedAt: performance.now(),
      dueAt: 0,
    };
  }

  #timedOut(request: ClientRequest): void {
    const { id, method, call, waitMs: timeoutMs } = request;
    const { link, toClient } = this.#options;
    if (call === undefined && method !== 'initialize') {
      // As long as the server is alive, such a request may take any time.
      this.#pending.extend(request);
      void this.#doubtServer();
      return;
    }
    this.#pending.answer(id);
    const failed: Failed = { how: 'timedOut', timeoutMs };
    toClient(answerInstead(request, failed));
    if (call === undefined) void link.giveUp({ why: noAnswerWithin(method, timeoutMs) });
    else if (link.isReady) link.write(Message.cancelled(id, `no answer within ${timeoutMs} ms`));
    // The server hears of the cancellation before a step asks whether it is alive.
    this.#steps.unanswered(request, failed);
  }

  #fail(request: ClientRequest, failed: Failed): void {
    const { memory, link, toClient } = this.#options;
    memory?.ended(request);
    const remembered = memory?.insteadOf(request, failed);
    if (remembered !== undefined) {
      this.#steps.unanswered(request, { how: 'remembered' });
      toClient(remembered);
      // Nothing may reach a server before it was asked what the client has begun with.
      if (failed.how === 'undelivered' && isBeginning(request.method) && !remembered.isError)
        void link.giveUp({ why: reasonOf(failed.error) }, 'lost');
      return;
    }
    this.subscriptions.closed(request.id);
    this.#steps.unanswered(request, failed);
    this.#options.toClient(answerInstead(request, failed));
  }

  async #doubtServer(): Promise<void> {
    const { link, circuits } = this.#options;
    if (!(await link.ping())) circuits.serverFailed('it did not answer a ping');
  }
}
