import type { ResultErrors } from '../../mcp/result-errors.ts';
import type { Client } from '../client/client.ts';
import type { ProxyLog } from '../log.ts';
import { reasonOf } from '../server/delivery-fault.ts';
import type { Connect, ServerEnd } from '../server/server-connection.ts';
import { ServerLink } from '../server/server-link.ts';
import type { Line } from '../wire/line.ts';
import type { LongLine } from '../wire/line-reader.ts';
import { readLongLine } from '../wire/long-line.ts';
import { Message } from '../wire/message.ts';
import { readToolCall, type ToolCall } from '../wire/tool-call.ts';
import { failureIn } from './answer-failure.ts';
import { type AskedCall, type CallFault, deniedAnswer, errorAnswer, faultAnswer } from './answers.ts';
import { Congestion } from './congestion.ts';
import { type PendingRequest, PendingRequests } from './pending-requests.ts';
import type { ServerCircuits, SessionCircuits } from './server-circuits.ts';
import type { StatusResource } from './status-resource.ts';
import { ToolList } from './tool-list.ts';
import { lost, undelivered, unpassable } from './unanswered.ts';

export interface SessionOptions {
  readonly client: Client;
  readonly connect: Connect;
  readonly circuits: ServerCircuits;
  readonly log: ProxyLog;
  /** As long a call of a tool may take, from the call or its last sign of progress, in ms. */
  readonly timeoutMs: (tool: string) => number;
  /** As long the server may take for a ping, in ms, where it is in doubt whether it lives. */
  readonly pingTimeoutMs: number;
  /** As long the server may take to start, in ms. */
  readonly startTimeoutMs: number;
  readonly resultErrors: ResultErrors;
  readonly hideOpen: boolean;
  /** The server has told all of its tools. */
  readonly onTools: (tools: ReadonlySet<string>) => void;
  /** What the client can read of the circuits, where that is asked for. */
  readonly statusResource: StatusResource | undefined;
}

const farewellMs = 500;
/** JSON-RPC's code of a request that is none. */
const invalidRequest = -32_600;
const timedOut = /\btimed?[ -]?out\b/i;

/**
 * One client and one server, and what goes on between them. Whatever it is passes both ways as it came; only tool calls
 * need the leave of their circuits, and only the server's answers tell the circuits how it is.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #link: ServerLink;
  readonly #requests = new PendingRequests((request) => this.#timedOut(request));
  /** What the server has asked of the client and has no answer to yet, by id. */
  readonly #serverRequests = new Set<string>();
  readonly #toolList: ToolList;
  readonly #congestion: Congestion;
  readonly #circuits: SessionCircuits;
  #whyNoServer = '';
  #isClosed = false;
  /** What the process is to end with, where the session is all that it is for. */
  exitCode = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const circuits = options.circuits.open(() => this.#link.revive());
    this.#circuits = circuits;
    this.#toolList = new ToolList({
      isOffered: options.hideOpen ? (tool) => circuits.isAvailable(tool) : undefined,
      onComplete: options.onTools,
    });
    this.#congestion = new Congestion({
      patienceMs: options.timeoutMs(''),
      isAlive: () => this.#link.ping(),
      onDead: () => void this.#link.giveUp({ why: 'it takes no messages any more' }),
    });
    this.#link = new ServerLink({
      connect: options.connect,
      pingTimeoutMs: options.pingTimeoutMs,
      startTimeoutMs: options.startTimeoutMs,
      onLine: (line) => this.#fromServer(line),
      onLongLine: (line) => this.#longLine('server', line),
      together: (tellLines) => this.together(tellLines),
      onDrain: () => this.#serverTakesMore(),
      onUndelivered: (message, error) => this.#undelivered(message, error),
      onLost: (end) => this.#lost(end),
      onStarted: (pid) => options.log.tell('server.started', { pid }),
      onRevived: () => options.log.tell('server.restored', {}),
    });
  }

  /** A line that the client has sent. */
  fromClient(line: Line): void {
    const messages = Message.readLine(line);
    if (messages === undefined) this.#garbage('client', line);
    for (const message of messages ?? []) if (this.#isForServer(message)) this.#toServer(message);
  }

  /** A line of the client that is too long to be passed on. */
  longLineFromClient(line: LongLine): void {
    this.#longLine('client', line);
  }

  /** Passes lines on together that came together: in one system call instead of a hundred. */
  together(tellLines: () => void): void {
    const { client } = this.#options;
    client.cork?.();
    this.#link.cork();
    try {
      tellLines();
    } finally {
      this.#link.uncork();
      client.uncork?.();
    }
  }

  /** The client takes messages again. */
  resume(): void {
    this.#link.resume();
  }

  /** Which tools are to be offered may have changed. */
  offerAnew(): void {
    if (this.#options.hideOpen && this.#link.isInitialized) {
      this.#toClient(Message.of({ method: 'notifications/tools/list_changed' }));
    }
  }

  /** The client has nothing more to say, or the proxy ends. What the server still says until it has ended passes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#congestion.end();
    this.#circuits.leave();
    await this.#link.close();
    for (const { call } of this.#requests.all()) call?.permit.release();
    this.#requests.stop();
  }

  #isForServer(message: Message): boolean {
    const { id, method } = message;
    // An answer to a server that is gone means nothing to the one that runs.
    if (message.isResponse) return this.#serverRequests.delete(id as string);
    if (message.isRequest) return this.#admits(message, id as string, method as string);
    if (method === 'notifications/initialized') this.#link.rememberInitialized();
    if (method === 'notifications/cancelled') this.#cancelled(message);
    // A server that is being started again has to be initialised before it hears anything.
    return method !== undefined && this.#link.isReady;
  }

  /** Whether a request may go to the server; where not, it is answered here. */
  #admits(message: Message, id: string, method: string): boolean {
    // The same id twice at a time: whose answer comes, only the server knows.
    if (this.#requests.has(id)) return true;
    const call = method === 'tools/call' ? readToolCall(message) : undefined;
    if (call !== undefined && !this.#circuits.isOfServer(call.tool))
      return this.#admitsCall(message, id, call);
    const own = this.#options.statusResource?.answer(message);
    if (own !== undefined) {
      this.#toClient(own);
      return false;
    }
    if (this.#link.isReady) {
      const { startTimeoutMs, timeoutMs } = this.#options;
      const waitMs = method === 'initialize' ? startTimeoutMs : timeoutMs('');
      this.#requests.add({
        message,
        id,
        method,
        call: undefined,
        progressToken: undefined,
        waitMs,
        dueAt: 0,
      });
      return true;
    }
    this.#startServer();
    this.#toClient(
      this.#toolList.answer(message) ?? errorAnswer(id, `The server is not running: ${this.#whyNoServer}.`),
    );
    return false;
  }

  /** Somebody needs the server that does not run, and nobody else starts it. */
  #startServer(): void {
    if (this.#link.isReviving || !this.#circuits.mayStart) return;
    this.#link.revive().then(
      () => this.#circuits.serverAnswered(),
      (error: unknown) => this.#circuits.serverFailed(reasonOf(error)),
    );
  }

  #admitsCall(message: Message, id: string, { tool, isTask, progressToken }: ToolCall): boolean {
    const { log, timeoutMs } = this.#options;
    const permit = this.#circuits.tryAcquire(tool);
    if (!permit.admitted) {
      const { reason, retryAfterMs } = permit;
      log.tell('call.denied', { tool, reason, retryAfterMs: retryAfterMs && Math.ceil(retryAfterMs) });
      this.#toClient(deniedAnswer({ id, tool, isTask }, permit));
      return false;
    }
    const call = { id, tool, isTask, permit };
    if (!this.#link.isReady) {
      // It says nothing of the server, of which somebody else finds out whether it comes up.
      permit.release();
      this.#startServer();
      this.#fail(call, { error: 'not_run', why: 'its server is being started, and may be there any moment' });
      return false;
    }
    const waitMs = timeoutMs(tool);
    this.#requests.add({ message, id, method: 'tools/call', call, progressToken, waitMs, dueAt: 0 });
    log.payload('call', tool, message);
    return true;
  }

  #cancelled(message: Message): void {
    const id = message.idAt('params', 'requestId');
    const request = id === undefined ? undefined : this.#requests.take(id);
    if (request === undefined) return;
    const reason = message.value('params', 'reason');
    // A client that has waited long enough cancels as well, and says so; only then is the server in doubt.
    if (typeof reason === 'string' && timedOut.test(reason)) void this.#doubt(request);
    else request.call?.permit.failure('cancelled');
  }

  /** There was no answer in time: of a tool that is slow, or of a server that hangs? */
  async #doubt({ call }: PendingRequest): Promise<void> {
    const isAlive = await this.#link.ping();
    if (this.#isClosed) call?.permit.release();
    else if (call !== undefined) call.permit.failure('timeout', { roundTrip: isAlive, timedOut: true });
    else if (!isAlive) this.#circuits.serverFailed('it did not answer a ping');
  }

  #timedOut(request: PendingRequest): void {
    const { id, waitMs: timeoutMs } = request;
    if (request.call === undefined && request.method !== 'initialize') {
      // It may take as long as it likes, from a server that lives.
      this.#requests.extend(request);
      void this.#doubt(request);
      return;
    }
    this.#requests.answer(id);
    if (request.call === undefined) {
      const why = `it did not answer ${request.method} within ${timeoutMs / 1000} s`;
      this.#toClient(errorAnswer(id, `The server does not start: ${why}.`));
      void this.#link.giveUp({ why });
      return;
    }
    this.#options.log.tell('call.timedOut', { tool: request.call.tool, timeoutMs });
    this.#fail(request.call, { error: 'timeout', timeoutMs });
    this.#link.write(Message.cancelled(id, `no answer within ${timeoutMs} ms`));
    void this.#doubt(request);
  }

  #fromServer(line: Line): void {
    const messages = Message.readLine(line);
    if (messages === undefined) this.#garbage('server', line);
    for (const message of messages ?? []) {
      const forClient = this.#forClient(message);
      if (forClient !== undefined) this.#toClient(forClient);
    }
  }

  /** What the client is to see of a message; undefined for nothing. */
  #forClient(message: Message): Message | undefined {
    const { id, method } = message;
    if (message.isResponse) return this.#answered(message, id as string);
    if (message.isRequest) this.#serverRequests.add(id as string);
    else if (method === 'notifications/progress') {
      const token = message.idAt('params', 'progressToken');
      if (token !== undefined) this.#requests.progress(token);
    } else if (method === 'notifications/cancelled') {
      this.#serverRequests.delete(message.idAt('params', 'requestId') ?? '');
    } else if (method === 'notifications/tools/list_changed') this.#toolList.forget();
    return message;
  }

  #answered(answer: Message, id: string): Message | undefined {
    if (this.#link.takeAnswer(answer)) return undefined;
    const request = this.#requests.take(id);
    if (request === undefined) return this.#requests.isLate(id) ? undefined : answer;
    const { call, message } = request;
    if (call !== undefined) {
      const failure = failureIn(answer, this.#options.resultErrors);
      if (failure === null) call.permit.success();
      else call.permit.failure(failure, { roundTrip: true });
      this.#options.log.payload('result', call.tool, answer);
      return answer;
    }
    this.#circuits.serverAnswered();
    if (answer.isError) return answer;
    this.#link.remember(message, answer);
    const seen = this.#toolList.see(message, answer);
    return this.#options.statusResource?.see(message, seen) ?? seen;
  }

  /** A message has not reached the server, or not its answer the proxy. */
  #undelivered({ id, method }: Message, error: unknown): void {
    const request = id === undefined ? undefined : this.#requests.answer(id);
    this.#options.log.tell('server.undelivered', { method: method ?? null, why: reasonOf(error) });
    if (request !== undefined) this.#toClient(undelivered(request, error));
  }

  /** Nobody answers any more what was asked of the server, and nobody waits for what it has asked. */
  #lost(end: ServerEnd): void {
    const { log, client } = this.#options;
    log.tell('server.lost', { why: end.why, pending: this.#requests.size });
    for (const { id } of this.#requests.all()) {
      const request = this.#requests.take(id);
      if (request !== undefined) this.#toClient(lost(request, end));
    }
    this.#requests.forgetAnswered();
    for (const id of this.#serverRequests) {
      this.#toClient(Message.cancelled(id, `the server was lost: ${end.why}`));
    }
    this.#serverRequests.clear();
    this.#whyNoServer = end.why;
    if (end.isReplaced) this.#startServer();
    else this.#circuits.serverFailed(end.why);
    if (end.exitCode === undefined) return;
    this.exitCode = end.exitCode;
    // A client that has only just begun is to hear why, before the proxy is gone.
    setTimeout(() => client.end(), farewellMs);
  }

  #longLine(from: 'client' | 'server', line: LongLine): void {
    const { id, asks } = readLongLine(line);
    const why = `a message of ${line.length} bytes is too long to be passed on (see --max-message-mb)`;
    this.#options.log.tell('message.tooLong', { from, bytes: line.length });
    if (id === undefined) return;
    if (asks) {
      // Whoever asked is told, and the other one never hears of it.
      const answer = errorAnswer(id, why, undefined, invalidRequest);
      if (from === 'client') this.#toClient(answer);
      else this.#link.write(answer);
    } else if (from === 'server') {
      const request = this.#requests.take(id);
      if (request !== undefined) this.#toClient(unpassable(request, why));
    } else if (this.#serverRequests.delete(id)) this.#link.write(errorAnswer(id, why));
  }

  #garbage(from: 'client' | 'server', line: Line): void {
    const text = line.text('utf8', 0, 200).trim();
    if (text === '') return;
    // What looks like a piece of a message may hold what nobody is to see.
    this.#options.log.tell('message.garbage', { from, begins: /^[[{"]/.test(text) ? null : text });
  }

  #fail(call: AskedCall, fault: CallFault): void {
    this.#toClient(faultAnswer(call, fault));
  }

  #toServer(message: Message): void {
    if (this.#link.write(message)) return;
    this.#options.client.pause();
    this.#congestion.begin();
  }

  #serverTakesMore(): void {
    this.#congestion.end();
    this.#options.client.resume();
  }

  #toClient(message: Message): void {
    if (!this.#options.client.write(message)) this.#link.pause();
  }
}
