import type { Era } from '../wire/era.ts';
import { type Json, Message } from '../wire/message.ts';
import { replaced } from '../wire/replaced.ts';
import { AgreedSession, type Run, versionIn } from './agreed-session.ts';
import { ClientEra } from './client-era.ts';
import { LifeSigns, succeeds } from './life-signs.ts';
import { OwnRequests } from './own-requests.ts';
import type { Connect, ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';
import { ServerRun } from './server-run.ts';

/** What a link needs, and what it reports across all runs of the server. */
export interface ServerLinkOptions extends Omit<ServerEvents, 'onEnd'> {
  readonly connect: Connect;
  /** How long the server may take to answer whether it is alive, in ms. */
  readonly pingTimeoutMs: number;
  /** How long a new run may take until it accepts requests, in ms. */
  readonly startTimeoutMs: number;
  /** A run of the server begins, and why. */
  readonly onRun: (why: StartReason) => void;
  /** A process of the server was started. It is not initialised yet. */
  readonly onStarted: (pid: number) => void;
  /** The server was lost, by itself or because it hung. */
  readonly onLost: (end: ServerEnd) => void;
  /** A run has agreed to what the client has begun its session with, asked by the proxy itself. */
  readonly onAgreed: (request: Message, answer: Message) => void;
  /** A new run has taken over the session and accepts requests. */
  readonly onRevived: () => void;
}

/** Why a run of the server begins: for a new session, or because the last run was lost or hung. */
export type StartReason = 'session' | 'lost' | 'hung';

/** The server behind the proxy, across all its runs: when one is lost, another one takes over the client's session. */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  /** The current run; undefined while there is none. */
  #run: ServerRun | undefined;
  #corked: ServerConnection | undefined;
  /** Whether the client's messages may be passed on. False while a new run is being initialised. */
  #isReady = false;
  /** Whether the client has begun its session with an answer of the past, and the current run has not heard of it. */
  #isBegunWithout = false;
  /** Whether the client was answered from memory while this run still has to answer. */
  #isStarting = false;
  #isClosed = false;
  #startReason: StartReason = 'session';
  #isPaused = false;
  readonly #session = new AgreedSession();
  readonly #client = new ClientEra();
  readonly #own = new OwnRequests();
  readonly #lifeSigns: LifeSigns;
  /** The end of the previous run, while it is still ending. */
  #closing: Promise<void> | undefined;
  #revival: Promise<void> | undefined;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#lifeSigns = new LifeSigns({
      ask: (timeoutMs) => this.#ask(timeoutMs),
      timeoutMs: options.pingTimeoutMs,
    });
    this.#connect();
    this.#isReady = true;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether the server is being checked or started again right now. */
  get isReviving(): boolean {
    return this.#revival !== undefined;
  }

  /** How the client speaks with the server; undefined until that is settled. */
  get era(): Era | undefined {
    return this.#client.era;
  }

  /** @returns false when the server takes no more for now. */
  write(message: Message): boolean {
    return this.#run?.write(message) ?? true;
  }

  /** Collects what is written until `uncork`. A run that starts meanwhile is not affected. */
  cork(): void {
    this.#corked = this.#run?.connection;
    this.#corked?.cork?.();
  }

  uncork(): void {
    this.#corked?.uncork?.();
    this.#corked = undefined;
  }

  pause(): void {
    this.#isPaused = true;
    this.#run?.connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#run?.connection.resume();
  }

  /** The server has agreed to a request of the client. What a new run has to be told is remembered. */
  remember({ message, era }: { readonly message: Message; readonly era: Era }, answer: Message): void {
    if (era === 'modern') {
      this.#client.settleModern(message);
      return;
    }
    this.#session.remember(message);
    if (message.method !== 'initialize') return;
    this.#client.settleLegacy();
    this.#agreeOn(versionIn(answer));
  }

  /** The client asks something, which may settle its era. */
  hear(request: { readonly message: Message; readonly era: Era }): void {
    this.#client.hear(request);
  }

  /** The client has said that it is initialised. */
  rememberInitialized(): void {
    this.#session.rememberInitialized();
  }

  /** The server is to be told later what the client asked of it. */
  rememberLater(request: Message): void {
    this.#session.remember(request);
  }

  /**
   * The client has begun its session with an answer of the past. The server hears of that when it is there.
   *
   * @param version The version of the protocol that the client was told, where the answer names one.
   */
  begin(request: Message, era: Era, version: Json | undefined): void {
    this.#isBegunWithout = true;
    if (era === 'modern') {
      this.#client.settleModern(request);
      return;
    }
    const text = JSON.stringify(version);
    this.#session.remember(replaced(request, [{ path: ['params', 'protocolVersion'], text }]));
    this.#client.settleLegacy();
  }

  /** The client was answered in the server's place. @returns what the server still answers, for the proxy alone. */
  adopt(request: Message): Promise<Message> {
    return this.#own.adopt(request.id as string);
  }

  /**
   * The same for the request that the client has begun with: until the server has answered it, nothing else may reach it.
   *
   * @throws Error that says why the server does not come up.
   */
  adoptBeginning(request: Message): Promise<void> {
    this.#isReady = false;
    this.#isStarting = true;
    this.#revival = this.#finishStart(request).finally(() => {
      this.#isStarting = false;
      this.#revival = undefined;
    });
    return this.#revival;
  }

  /** Asks the server for a page of a list, in the era of its client. @throws Error if no answer comes in time (ms). */
  async inquire(
    method: string,
    cursor: Json | undefined,
    timeoutMs: number,
  ): Promise<{ readonly request: Message; readonly answer: Message }> {
    if (!this.#isReady) throw new Error('the server is not ready');
    const params = {
      ...(this.era === 'modern' && { _meta: this.#client.envelope }),
      ...(cursor !== undefined && { cursor }),
    };
    const answer = await this.#request(method, params, timeoutMs);
    return { request: Message.of({ id: 0, method, params }), answer };
  }

  /** @returns whether it was the answer to a request of the proxy's own. */
  takeAnswer(answer: Message): boolean {
    const { id } = answer;
    if (id === undefined || !this.#own.owns(id)) {
      this.#run?.served();
      return false;
    }
    this.#own.resolve(id, answer);
    return true;
  }

  /** Whether the server is alive: it answers a question of its client's era in time. */
  ping(): Promise<boolean> {
    return this.#lifeSigns.ping();
  }

  /**
   * Makes sure that a server runs and answers: the current run, or else a new one.
   *
   * @throws Error that says why there is none.
   */
  revive(): Promise<void> {
    this.#revival ??= this.#revive().finally(() => {
      this.#revival = undefined;
    });
    return this.#revival;
  }

  /** Ends the current run, which hangs or cannot be used. @param next Why the next one will begin. */
  async giveUp(end: ServerEnd, next: StartReason = 'hung'): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    const closing = run.connection.close('now').finally(() => {
      if (this.#closing === closing) this.#closing = undefined;
    });
    this.#closing = closing;
    this.#lose(end);
    this.#startReason = next;
    await closing;
  }

  /** Passes on a signal that the proxy was sent. */
  signal(name: NodeJS.Signals): void {
    this.#run?.connection.signal?.(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isReady = false;
    this.#own.rejectAll('the session has ended');
    await this.#run?.connection.close('gently');
    this.#run?.end();
    this.#run = undefined;
  }

  async #revive(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#run !== undefined && this.#isReady) {
      // It may have died during the check.
      if ((await this.#isAlive(this.#run)) && this.#run !== undefined) return;
      await this.giveUp({ why: 'it did not answer a ping', isReplaced: true });
    }
    // Two runs at a time could get in each other's way, in files or ports that they share.
    if (this.#closing !== undefined) await this.#closing;
    if (this.#isClosed) return;
    this.#connect();
    // Where nothing was agreed on yet, the client speaks first.
    this.#isReady = this.era === undefined;
    await this.#comeUp('it could not be initialised again', async () => {
      do {
        this.#isBegunWithout = false;
        await this.#restoreSession();
        // The client may have begun its session meanwhile.
      } while (this.#isBegunWithout);
    });
  }

  /** Waits until the server has answered what the client has begun with, and then tells it the rest. */
  async #finishStart(request: Message): Promise<void> {
    await this.#comeUp('it could not be initialised', async () => {
      const answer = await this.adopt(request);
      this.#run?.served();
      this.#options.onAgreed(request, answer);
      if (request.method === 'initialize') await this.#session.goOn(answer, this.#ownRun());
      else if (answer.isError) throw new Error(`the server refuses: ${answer.text('error')}`);
    });
  }

  /**
   * Lets the current run take over the session, within the time for a start. A run that cannot is given up.
   *
   * @throws Error that says why it cannot.
   */
  async #comeUp(failure: string, agree: () => Promise<void>): Promise<void> {
    const run = this.#run;
    const giveUp = (): void => void this.giveUp({ why: 'it took too long to start' });
    const timer = setTimeout(giveUp, this.#options.startTimeoutMs);
    try {
      await agree();
      if (this.#run !== run) throw new Error('it ended right after it was started');
    } catch (error) {
      await this.giveUp({ why: failure });
      throw error;
    } finally {
      clearTimeout(timer);
    }
    this.#isReady = true;
    this.#options.onRevived();
  }

  /** A run that has agreed on nothing yet may still be starting: it gets as much time as a start. */
  #isAlive(run: ServerRun): Promise<boolean> {
    return this.era === undefined
      ? succeeds(run.comesUp(this.#options.startTimeoutMs))
      : this.#lifeSigns.ping();
  }

  /** Asks the server, in the era of its client, something that every server answers. */
  async #ask(timeoutMs?: number): Promise<void> {
    if (this.era === 'legacy') await this.#request('ping', undefined, timeoutMs);
    // There is no ping any more, and to a server of both eras it would be the beginning of a legacy session.
    else if (this.era === 'modern') await this.#discover(timeoutMs);
    else if (this.#run === undefined) throw new Error('the server is not running');
  }

  async #discover(timeoutMs?: number): Promise<void> {
    const params = { _meta: this.#client.envelope };
    const answer = await this.#request('server/discover', params, timeoutMs);
    this.#options.onAgreed(Message.of({ id: 0, method: 'server/discover', params }), answer);
  }

  async #restoreSession(): Promise<void> {
    if (this.era === undefined) return this.#run?.comesUp(this.#options.startTimeoutMs);
    if (this.era === 'modern') return this.#discover();
    await this.#session.restoreOn(this.#ownRun());
  }

  /** The current run, for the proxy itself to bring it to the state of the session. */
  #ownRun(): Run {
    return {
      ask: (method, params) => this.#request(method, params),
      tell: (notification) => this.write(notification),
      agreeOn: (version) => this.#agreeOn(version),
      onAgreed: (request, answer) => this.#options.onAgreed(request, answer),
    };
  }

  #agreeOn(version: string | undefined): void {
    if (version !== undefined) this.#run?.connection.agreeOn(version);
  }

  #connect(): void {
    const { connect } = this.#options;
    const events = { ...this.#options, onEnd: (end: ServerEnd) => this.#lose(end) };
    const run = new ServerRun({ connect, own: this.#own, events });
    const { connection } = run;
    this.#run = run;
    this.#options.onRun(this.#startReason);
    this.#startReason = 'lost';
    if (connection.pid !== undefined) this.#options.onStarted(connection.pid);
    if (this.#isPaused) connection.pause();
  }

  #lose(end: ServerEnd): void {
    if (this.#isClosed) return;
    const wasReady = this.#isReady;
    this.#run?.end();
    this.#run = undefined;
    this.#isReady = false;
    this.#own.rejectAll(end.why);
    // For a run that did not come up, the rejection of `revive` says so.
    if (wasReady || this.#isStarting || end.exitCode !== undefined) this.#options.onLost(end);
    // The server that the client waited for is gone, so nothing would ever drain.
    this.#options.onDrain();
  }

  async #request(method: string, params?: Json, timeoutMs?: number): Promise<Message> {
    if (this.#run === undefined) throw new Error('the server is not running');
    return this.#run.ask(method, params, timeoutMs);
  }
}
