import type { Json, Message } from '../wire/message.ts';
import { isRefusal } from './delivery-fault.ts';
import type { OwnRequests } from './own-requests.ts';
import { RunStart } from './run-start.ts';
import type { Connect, ServerConnection, ServerEvents } from './server-connection.ts';

export interface ServerRunOptions {
  readonly connect: Connect;
  readonly own: OwnRequests;
  /** Called until the run is over. A run that has served nothing is never reported as `isReplaced`. */
  readonly events: ServerEvents;
}

/** One run of the server: from its start until it is lost or given up. */
export class ServerRun {
  readonly connection: ServerConnection;
  readonly #own: OwnRequests;
  readonly #start = new RunStart();
  /** Whether it has answered any request of the client. */
  #hasServed = false;
  #isOver = false;

  constructor({ connect, own, events }: ServerRunOptions) {
    this.#own = own;
    const { onMessage, onGarbage, onLongLine, together, onDrain, onUndelivered, onEnd } = events;
    const tell =
      <Args extends unknown[]>(event: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!this.#isOver) event(...args);
      };
    this.connection = connect({
      onMessage: tell(onMessage),
      onGarbage: tell(onGarbage),
      onLongLine: tell(onLongLine),
      together,
      onDrain: tell(onDrain),
      onUndelivered: tell((message, error) => {
        if (isRefusal(error)) this.#start.settle();
        const { id } = message;
        if (id === undefined || !own.owns(id)) onUndelivered(message, error);
        else own.reject(id, error instanceof Error ? error : new Error(String(error)));
      }),
      // A run that has answered nothing is not replaced at once: the next run could end the same way, and the next.
      onEnd: tell((end) => onEnd(this.#hasServed ? end : { ...end, isReplaced: false })),
    });
  }

  /** @returns false when the server takes no more for now. */
  write(message: Message): boolean {
    if (message.isRequest) this.#start.asked();
    return this.connection.write(message);
  }

  /** Asks the server something for the proxy itself. @throws Error if no answer comes in time (ms), or the run is lost. */
  ask(method: string, params?: Json, timeoutMs?: number): Promise<Message> {
    return this.#own.ask((request) => this.connection.write(request), method, params, timeoutMs);
  }

  /** It has answered a request of the client. */
  served(): void {
    this.#hasServed = true;
    this.#start.settle();
  }

  /** Waits until it has come up, as far as that can be seen. @throws Error if it takes longer (ms). */
  comesUp(timeoutMs: number): Promise<void> {
    return this.#start.comesUp(timeoutMs);
  }

  /** It is lost or given up: what it still sends is heard no more. */
  end(): void {
    this.#isOver = true;
    this.#start.settle();
  }
}
