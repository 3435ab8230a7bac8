import { type Json, Message } from '../wire/message.ts';
import { canonical } from '../wire/message-id.ts';

/** A run of the server that a session is to be restored on. */
export interface Run {
  readonly ask: (method: string, params: Json | undefined) => Promise<Message>;
  readonly tell: (notification: Message) => void;
  /** The server agreed to a version of the protocol. */
  readonly agreeOn: (version: string) => void;
  /** The server answered the `initialize` of the client. */
  readonly onAgreed?: (request: Message, answer: Message) => void;
}

/**
 * What the client asked of its session and the server agreed to: `initialize`, the log level and the subscriptions. A new
 * run of the server is told all of it, so that the client's session goes on.
 */
export class AgreedSession {
  #initialize: Message | undefined;
  #isInitialized = false;
  #logLevel: Message | undefined;
  /** The `resources/subscribe` requests, by the JSON text of their URIs. */
  readonly #subscriptions = new Map<string, Message>();

  /** The server has agreed to a request of the client. */
  remember(request: Message): void {
    const uri = (): string => canonical(request.text('params', 'uri') ?? '');
    switch (request.method) {
      case 'initialize':
        this.#initialize = request;
        break;
      case 'logging/setLevel':
        this.#logLevel = request;
        break;
      case 'resources/subscribe':
        this.#subscriptions.set(uri(), request);
        break;
      case 'resources/unsubscribe':
        this.#subscriptions.delete(uri());
        break;
    }
  }

  /** The client has said that it is initialised. */
  rememberInitialized(): void {
    this.#isInitialized = true;
  }

  /**
   * Brings a new run to the state of the previous one. Only for a session that has begun.
   *
   * @throws Error if the server refuses the session, or is lost.
   */
  async restoreOn(run: Run): Promise<void> {
    const answer = await run.ask('initialize', this.#initialize?.value('params'));
    if (this.#initialize !== undefined) run.onAgreed?.(this.#initialize, answer);
    await this.goOn(answer, run);
  }

  /**
   * Goes on with a run that has answered `initialize`.
   *
   * @throws Error if the server refuses the session, or is lost.
   */
  async goOn(answer: Message, { ask, tell, agreeOn }: Run): Promise<void> {
    if (answer.isError) throw new Error(`the server refuses a new session: ${answer.text('error')}`);
    const version = versionIn(answer);
    if (version !== undefined) agreeOn(version);
    if (this.#isInitialized) tell(Message.of({ method: 'notifications/initialized' }));
    for (const request of [this.#logLevel, ...this.#subscriptions.values()]) {
      if (request?.method === undefined) continue;
      // An error is no reason to give up: a resource may be gone, and the server says so when the client reads it.
      await ask(request.method, request.value('params'));
    }
  }
}

/** The version of the protocol in an answer to `initialize`. */
export function versionIn(answer: Message): string | undefined {
  const version = answer.value('result', 'protocolVersion');
  return typeof version === 'string' ? version : undefined;
}
