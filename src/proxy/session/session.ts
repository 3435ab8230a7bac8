import type { Client } from '../client/client.ts';
import type { ProxyLog } from '../log.ts';
import type { ListKind } from '../memory/lists.ts';
import type { ServerMemory } from '../memory/server-memory.ts';
import { SessionMemory } from '../memory/session-memory.ts';
import { reasonOf } from '../server/delivery-fault.ts';
import type { Connect, ServerEnd } from '../server/server-connection.ts';
import { ServerLink, type StartReason } from '../server/server-link.ts';
import type { SessionContext } from '../steps/session-steps.ts';
import type { Step } from '../steps/step.ts';
import { Steps } from '../steps/steps.ts';
import { Message } from '../wire/message.ts';
import type { MessageListener } from '../wire/message-listener.ts';
import { within } from '../within.ts';
import { resultAnswer } from './answers.ts';
import type { ClientRequest } from './client-request.ts';
import { ClientRequests } from './client-requests.ts';
import { Congestion } from './congestion.ts';
import { SecondTries } from './second-tries.ts';
import type { ServerCircuits, SessionCircuits } from './server-circuits.ts';
import { ServerMessages } from './server-messages.ts';
import { ServerStarts } from './server-starts.ts';
import type { ToolHints } from './tool-hints.ts';
import { UnreadableLines } from './unreadable-lines.ts';

export interface SessionOptions {
  readonly client: Client;
  readonly connect: Connect;
  readonly circuits: ServerCircuits;
  readonly log: ProxyLog;
  /** Which run of an agent a request belongs to, where several share the session. Default: the session is one run. */
  readonly runOf?: ((request: Message) => string | undefined) | undefined;
  /** How long a call of a tool may take, from the call or its last sign of progress, in ms. For '': any other request. */
  readonly timeoutMs: (tool: string) => number;
  /** How long the server may take to answer whether it is alive, in ms. */
  readonly pingTimeoutMs: number;
  /** How long the server may take to start, in ms. */
  readonly startTimeoutMs: number;
  /** Whether the proxy itself changes the list of tools, and has to tell the client. */
  readonly changesTools: boolean;
  /** What the server says its tools do. Default: nothing is known. */
  readonly hints?: ToolHints;
  /** Whether a call that surely did not run, or may be made twice, is sent once more. Default false. */
  readonly retrySafe?: boolean;
  /** What the server answered last, for when it is not there; undefined for nothing. */
  readonly memory?: ServerMemory | undefined;
  /** How long the server may take over what is remembered, in ms, before the client is told that. Default 0. */
  readonly memoryAfterMs?: number;
  /** A run of the server begins. */
  readonly onServerRun: (why: StartReason) => void;
  /** The steps that every request of the client passes, in this order. */
  readonly steps: (session: SessionContext) => readonly Step[];
}

/** How long calls under way may take once the client sends nothing more, in ms. */
const finishMs = 30_000;

/** How soon a call is worth another try while the server is being started, in ms, where nothing else is known. */
const startMs = 1_000;

/** What a server that is there may be told later, since it changes nothing but what the server sends. */
const canBeTold = new Set(['logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

/** How long the client has to read why there can be no server, before the session ends, in ms. */
const farewellMs = 500;

/**
 * One client, one server, and the messages between them. Every message is passed on as it came; the requests of the client go
 * through the session's steps, which may answer them.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #link: ServerLink;
  readonly #circuits: SessionCircuits;
  readonly #steps: Steps;
  readonly #requests: ClientRequests;
  readonly #fromServer: ServerMessages;
  readonly #congestion: Congestion;
  readonly #memory: SessionMemory | undefined;
  readonly #starts: ServerStarts;
  #whyNoServer = '';
  /** Receives the client's messages. */
  readonly fromClient: MessageListener;
  /** The exit code of the process, if this is its only session. */
  exitCode = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { onServerRun, connect, log, timeoutMs, pingTimeoutMs, startTimeoutMs, changesTools } = options;
    const circuits = options.circuits.open(() => this.#link.revive(), options);
    this.#circuits = circuits;
    this.#congestion = new Congestion({
      patienceMs: timeoutMs(''),
      isAlive: () => this.#link.ping(),
      onDead: () => void this.#link.giveUp({ why: 'it no longer accepts messages' }),
    });
    const { memory, memoryAfterMs = 0 } = options;
    this.#memory =
      memory &&
      new SessionMemory({
        memory,
        waitMs: memoryAfterMs,
        link: () => this.#link,
        log,
        dress: (request, answer) => this.#steps.dress(request, answer),
        onSlow: (request) => this.#requests.answerFromMemory(request, memoryAfterMs),
        announce: (kind) => this.#announce(kind),
      });
    const steps = options.steps({
      circuits,
      isReady: () => this.#link.isReady,
      ping: () => this.#link.ping(),
      startServer: () => this.#starts.begin(),
      whyNoServer: () => this.#whyNoServer,
      retryAfterMs: () => Math.max(startMs, this.#memory?.startMs ?? 0),
      canWait: (request) => this.#requests.canWait(request),
      recall: (request) => this.#recall(request),
      inPlaceOfGone: (request) => this.#memory?.inPlaceOfGone(request),
    });
    this.#steps = new Steps(steps);
    const toClient = (message: Message): void => this.#toClient(message);
    const unreadable = new UnreadableLines({
      log,
      toClient,
      toServer: (message) => this.#link.write(message),
      onAnswerTooLong: (id, why) => this.#requests.tooLong(id, why),
      settle: (id) => this.#fromServer.settle(id),
    });
    this.fromClient = {
      onMessage: (message) => this.#fromClient(message),
      onGarbage: (line) => unreadable.garbage('client', line),
      onLongLine: (line) => unreadable.tooLong('client', line),
    };
    this.#link = new ServerLink({
      connect,
      pingTimeoutMs,
      startTimeoutMs,
      onMessage: (message) => this.#fromServer.take(message),
      onGarbage: (line) => unreadable.garbage('server', line),
      onLongLine: (line) => unreadable.tooLong('server', line),
      together: (tell) => this.together(tell),
      onDrain: () => this.#serverTakesMore(),
      onUndelivered: (message, error) => this.#undelivered(message, error),
      onLost: (end) => this.#lost(end),
      onRun: onServerRun,
      onStarted: (pid) => log.tell('server.started', { pid }),
      onAgreed: (request, answer) => this.#memory?.agreed(request, answer),
      onRevived: () => {
        log.tell('server.restored', {});
        this.#starts.succeeded();
        this.#requests.revived();
        void this.#memory?.compare();
      },
    });
    this.#requests = new ClientRequests({
      link: this.#link,
      circuits,
      steps: this.#steps,
      toClient,
      timeoutMs,
      startTimeoutMs,
      changesTools,
      memory: this.#memory,
      tries: options.retrySafe
        ? new SecondTries({
            isRepeatable: (tool) => options.hints?.isRepeatable(tool) === true,
            onTry: (tool, why) => log.tell('call.sentAgain', { tool, why }),
          })
        : undefined,
      onStarting: (starting, why) => {
        this.#whyNoServer = why;
        this.#starts.follow(starting);
      },
    });
    this.#fromServer = new ServerMessages({
      link: this.#link,
      requests: this.#requests,
      steps: this.#steps,
      toClient,
    });
    this.#starts = new ServerStarts({
      link: this.#link,
      circuits,
      isWaitedFor: () => this.#memory?.isBegun === true || this.#requests.waitForRun,
      onFailed: (error) => this.#requests.dropRefused(error),
    });
  }

  /** Whether the server takes requests now. */
  get isServerReady(): boolean {
    return this.#link.isReady;
  }

  /** How many requests of the client wait for the server. */
  get pending(): number {
    return this.#requests.size;
  }

  /** Passes on together what arrived together: in one system call instead of a hundred. */
  together(tell: () => void): void {
    const { client } = this.#options;
    client.cork?.();
    this.#link.cork();
    try {
      tell();
    } finally {
      this.#link.uncork();
      client.uncork?.();
    }
  }

  /** The client takes messages again. */
  resume(): void {
    this.#link.resume();
  }

  /** Tells the client that the list of tools has changed. */
  announceTools(): void {
    if (this.#link.era === 'legacy') {
      this.#toClient(Message.of({ method: 'notifications/tools/list_changed' }));
    } else this.#requests.subscriptions.announce('tools');
  }

  /** Tells the client that a list is not what it was told from memory. */
  #announce(kind: ListKind): void {
    const { log } = this.#options;
    log.tell('memory.changed', { list: kind });
    const changed = Message.of({ method: `notifications/${kind}/list_changed` });
    this.#steps.fromServer(changed);
    if (this.#link.era === 'legacy') this.#toClient(changed);
    else this.#requests.subscriptions.announce(kind);
  }

  /** The answer to a request while the server is not there, from memory. */
  #recall(request: ClientRequest): Message | undefined {
    const memory = this.#memory;
    if (memory === undefined) return undefined;
    const remembered = memory.recall(request, this.#whyNoServer);
    if (remembered !== undefined) return remembered;
    // A client that is refused this might give its session up.
    if (!memory.isBegun || request.era === 'modern' || !canBeTold.has(request.method)) return undefined;
    this.#link.rememberLater(request.message);
    return resultAnswer(request, {});
  }

  /** The client sends nothing more. Resolves when everything that it asked is answered, or has taken too long. */
  async finish(): Promise<void> {
    this.#fromServer.finish();
    await within(finishMs, this.#requests.finish());
  }

  /** Passes on to the server a signal that the proxy was sent. */
  signal(name: NodeJS.Signals): void {
    this.#link.signal(name);
  }

  /** Ends the session and its server. What the server sends until it has ended is still passed on. */
  async close(): Promise<void> {
    this.#starts.end();
    this.#memory?.end();
    this.#congestion.end();
    this.#circuits.close();
    await this.#link.close();
    this.#requests.close();
  }

  #fromClient(message: Message): void {
    const forServer = this.#forServer(message);
    if (forServer === undefined || this.#link.write(forServer)) return;
    this.#options.client.pause();
    this.#congestion.begin();
  }

  /** What the server is to get of a message; undefined for nothing. */
  #forServer(message: Message): Message | undefined {
    const { id, method } = message;
    if (message.isResponse) return this.#fromServer.settle(id as string) ? message : undefined;
    if (message.isRequest) return this.#requests.ask(message, id as string, method as string);
    if (method === 'notifications/initialized') this.#link.rememberInitialized();
    if (method === 'notifications/cancelled') this.#requests.cancelled(message);
    // A server that is being started again must be initialised before it gets anything else.
    return method !== undefined && this.#link.isReady ? message : undefined;
  }

  /** A message did not reach the server, or its answer did not reach the proxy. */
  #undelivered({ id, method }: Message, error: unknown): void {
    this.#options.log.tell('server.undelivered', { method: method ?? null, why: reasonOf(error) });
    if (id !== undefined) this.#requests.undelivered(id, error);
  }

  #lost(end: ServerEnd): void {
    const { log, client } = this.#options;
    const { why, exitCode } = end;
    log.tell('server.lost', { why, pending: this.#requests.size });
    this.#whyNoServer = why;
    this.#memory?.failed();
    this.#requests.lost(end);
    this.#fromServer.lost(why);
    if (end.isReplaced) {
      this.#starts.begin();
      if (!this.#link.isReviving) this.#requests.dropRefused(new Error(why));
    } else this.#circuits.serverFailed(why);
    this.#starts.beginSoon();
    if (exitCode === undefined || this.#memory?.isBegun === true) return;
    this.exitCode = exitCode;
    setTimeout(() => client.end(), farewellMs);
  }

  #serverTakesMore(): void {
    this.#congestion.end();
    this.#options.client.resume();
  }

  #toClient(message: Message): void {
    if (!this.#options.client.write(message)) this.#link.pause();
  }
}
