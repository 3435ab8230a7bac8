import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { METHOD_NOT_FOUND } from '../../classify/rpc-codes.ts';
import { ToolHeaders } from '../server/tool-headers.ts';
import { errorAnswer, isOwnAnswer } from '../session/answers.ts';
import type { Session } from '../session/session.ts';
import { envelopeOf } from '../wire/envelope.ts';
import { subscriptionKey } from '../wire/era.ts';
import { type Json, Message } from '../wire/message.ts';
import { replaced } from '../wire/replaced.ts';
import type { Client } from './client.ts';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { LegacyServer } from './legacy-server.ts';
import { checkArguments, ModernRefusal } from './modern-check.ts';
import { legacyVersions, refusalOf, SpokenVersions } from './spoken-versions.ts';

interface StandAloneClientOptions {
  /** Holds requests back while the server takes none. */
  readonly gate: Gate;
  /** Finds out whether the server only looks as if it were down. */
  readonly legacy: LegacyServer;
  readonly onEnd: () => void;
}

/** A request that waits for its answer. */
interface Open {
  /** What its client calls it, as JSON text. */
  readonly id: string;
  /** What its client calls its progress; undefined where it wants to hear of none. */
  readonly token: string | undefined;
  readonly method: string;
  /** The run of an agent that it belongs to; undefined where nothing says so. */
  readonly run: string | undefined;
  readonly wantsLog: boolean;
  readonly tell: (message: Message) => boolean;
  readonly answer: (message: Message, isOwn: boolean) => boolean;
}

const logLevelKey = 'io.modelcontextprotocol/logLevel';
const contextPath = ['params', '_meta', 'traceparent'] as const;
const tokenPath = ['params', '_meta', 'progressToken'] as const;

/** The longest name of a session that is a run's name, too. */
const maxNameLength = 128;

/**
 * The run of an agent that a request belongs to. It stands alone, so that only two things can say so: the name of a session, which the
 * revision does not ask for and some clients and gateways give, and the trace that an agent's run is.
 */
function runIn(request: Message, { 'mcp-session-id': session }: IncomingHttpHeaders): string | undefined {
  if (typeof session === 'string' && session !== '' && session.length <= maxNameLength)
    return `client ${session}`;
  const [, trace] = /^"[\da-f]{2}-(?!0{32})([\da-f]{32})-/.exec(request.text(...contextPath) ?? '') ?? [];
  return trace && `trace ${trace}`;
}

/**
 * All modern requests over HTTP, each of which stands alone: to the session they are those of one client, whose server they
 * share. Two clients may give their requests the same id, so each gets one of ours on the way.
 */
export class StandAloneClient implements Client {
  /** When a request last came or ended, in ms of `performance.now()`. */
  heardAt = performance.now();
  readonly #gate: Gate;
  readonly #legacy: LegacyServer;
  readonly #onEnd: () => void;
  #session: Session | undefined;
  #lastId = 0;
  /** By our ids, as JSON text. */
  readonly #open = new Map<string, Open>();
  readonly #toolHeaders = new ToolHeaders();
  /** Whether the list of tools was read, for their headers. */
  #tools: Promise<void> | undefined;
  readonly #versions = new SpokenVersions();

  constructor({ gate, legacy, onEnd }: StandAloneClientOptions) {
    this.#legacy = legacy;
    this.#gate = gate;
    this.#onEnd = onEnd;
  }

  start(session: Session): void {
    this.#session = session;
  }

  /** Whether nobody waits for anything. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#gate.isFree;
  }

  /** Takes a request whose headers have been checked. @throws ModernRefusal if the server does not speak its version. */
  async post(request: Message, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    this.heardAt = performance.now();
    if (request.method !== 'server/discover') {
      await this.#versions.check(request, () => this.#askOwn(request, 'server/discover'));
      if (request.method === 'tools/call') await this.#checkCall(request, headers);
    }
    if (response.destroyed) return;
    const exchange = new Exchange(response, {
      onDrain: () => this.#session?.resume(),
      onGone: () => this.#cancel(id),
    });
    const id = this.#ask(request, {
      run: runIn(request, headers),
      tell: (message) => exchange.tell(message),
      answer: (message, isOwn) => {
        // On a connection that has begun in another revision, servers do not look at this one.
        const refusal = request.method === 'server/discover' ? refusalOf(request, message) : undefined;
        if (refusal !== undefined) return exchange.answer(refusal);
        if (!isOwn || !message.isError || request.method !== 'server/discover')
          return exchange.answer(message);
        void this.#tellOfNoServer(request, message, exchange);
        return true;
      },
    });
  }

  /** The server could not be asked what it speaks. */
  async #tellOfNoServer(discover: Message, why: Message, exchange: Exchange): Promise<void> {
    if (await this.#legacy.isOne(discover)) {
      exchange.answer(ModernRefusal.version(discover, legacyVersions).toAnswer());
      // Else its runs would be started, asked and lost again and again.
      this.end();
    }
    // A client that hears of an error would take the server for a legacy one, for good. A status of 5xx says nothing of that.
    else exchange.answer(why, 503);
  }

  write(message: Message): boolean {
    if (message.isResponse) return this.#answer(message, message.id as string);
    if (message.isRequest) {
      // Modern clients cannot be asked, and a server must not wait for them.
      const refusal = errorAnswer(
        message.id as string,
        'A client over HTTP cannot be asked.',
        undefined,
        METHOD_NOT_FOUND,
      );
      queueMicrotask(() => this.#session?.fromClient.onMessage(refusal));
      return true;
    }
    if (message.method === 'notifications/tools/list_changed') this.#tools = undefined;
    const token = message.idAt('params', 'progressToken');
    const subscription = message.idAt('params', '_meta', subscriptionKey);
    const open = this.#open.get(subscription ?? token ?? '') ?? this.#listener(message);
    if (open === undefined) return true;
    return open.tell(
      replaced(message, [
        { path: ['params', 'progressToken'], text: open.token ?? 'null' },
        { path: ['params', '_meta', subscriptionKey], text: open.id },
      ]),
    );
  }

  runOf({ id }: Message): string | undefined {
    return this.#open.get(id ?? '')?.run;
  }

  pause(): void {
    this.#gate.close();
  }

  resume(): void {
    this.#gate.open();
  }

  end(): void {
    this.#onEnd();
    this.#gate.open();
  }

  /** Sends a request under an id of ours. @returns that id, as JSON text. */
  #ask(request: Message, { run, tell, answer }: Pick<Open, 'run' | 'tell' | 'answer'>): string {
    const ours = `${++this.#lastId}`;
    this.#open.set(ours, {
      id: request.id ?? 'null',
      token: request.idAt(...tokenPath),
      method: request.method ?? '',
      run,
      wantsLog: request.text('params', '_meta', logLevelKey) !== undefined,
      tell,
      answer,
    });
    const renamed = replaced(request, [
      { path: ['id'], text: ours },
      { path: tokenPath, text: ours },
    ]);
    this.#session?.fromClient.onMessage(renamed);
    return ours;
  }

  /** Asks the server something for the proxy itself, with what a request says of its client. */
  #askOwn(about: Message, method: string, cursor?: Json): Promise<Message> {
    const params = { _meta: envelopeOf(about) ?? {}, ...(cursor !== undefined && { cursor }) };
    return new Promise((resolve) => {
      const answer = (message: Message): boolean => {
        resolve(message);
        return true;
      };
      this.#ask(Message.of({ id: 0, method, params }), { run: undefined, tell: () => true, answer });
    });
  }

  #answer(message: Message, ours: string): boolean {
    const open = this.#open.get(ours);
    if (open === undefined) return true;
    this.heardAt = performance.now();
    this.#open.delete(ours);
    if (open.method === 'tools/list' && !message.isError) this.#toolHeaders.learn(message);
    const theirs = replaced(message, [
      { path: ['id'], text: open.id },
      { path: ['result', '_meta', subscriptionKey], text: open.id },
    ]);
    return open.answer(theirs, isOwnAnswer(message));
  }

  /** A client has closed the stream of its answer, which is how it cancels a request. */
  #cancel(ours: string): void {
    this.heardAt = performance.now();
    if (this.#open.delete(ours))
      this.#session?.fromClient.onMessage(Message.cancelled(ours, 'the client has closed its stream'));
  }

  /** Who is to hear what a server logs: nothing says which request it belongs to, and nobody may hear of another's. */
  #listener({ method }: Message): Open | undefined {
    if (method !== 'notifications/message') return undefined;
    const [only, ...others] = [...this.#open.values()].filter(({ wantsLog }) => wantsLog);
    return others.length === 0 ? only : undefined;
  }

  /** @throws ModernRefusal if the headers of a call do not repeat its arguments. */
  async #checkCall(call: Message, headers: IncomingHttpHeaders): Promise<void> {
    this.#tools ??= this.#toolHeaders.lookUp(async (cursor) => {
      const answer = await this.#askOwn(call, 'tools/list', cursor);
      // The server could not be asked. The next call tries again.
      if (isOwnAnswer(answer)) this.#tools = undefined;
      return answer;
    });
    await this.#tools;
    checkArguments(call, headers, this.#toolHeaders.marksOf(call));
  }
}
