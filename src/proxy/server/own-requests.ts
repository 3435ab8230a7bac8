import { randomBytes } from 'node:crypto';
import { type Json, Message } from '../wire/message.ts';

interface Asked {
  readonly resolve: (answer: Message) => void;
  readonly reject: (error: Error) => void;
}

/** Requests that the proxy itself sends to the server, beside those of the client. */
export class OwnRequests {
  /** The beginning of their ids, as JSON text. It is random, so that no client shares it, not even another proxy. */
  readonly #prefix = `"toolfuse:${randomBytes(6).toString('hex')}:`;
  readonly #asked = new Map<string, Asked>();
  #lastId = 0;

  /**
   * Asks the server something.
   *
   * @param send Sends the request.
   * @param timeoutMs How long the answer may take, in ms. Default: any time.
   * @throws Error if no answer comes in time, or the server is lost.
   */
  ask(send: (request: Message) => void, method: string, params?: Json, timeoutMs?: number): Promise<Message> {
    const id = `${this.#prefix}${++this.#lastId}"`;
    return new Promise((resolve, reject) => {
      const tooLate = (): void => this.reject(id, new Error(`no answer to ${method} within ${timeoutMs} ms`));
      const timer = timeoutMs === undefined ? undefined : setTimeout(tooLate, timeoutMs);
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          clearTimeout(timer);
          this.#asked.delete(id);
          then(value);
        };
      this.#asked.set(id, { resolve: settle(resolve), reject: settle(reject) });
      send(Message.of({ id: JSON.parse(id), method, ...(params !== undefined && { params }) }));
    });
  }

  /** Takes over a request of the client, which was answered in the server's place. @throws Error if the server is lost. */
  adopt(id: string): Promise<Message> {
    return new Promise((resolve, reject) => {
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          this.#asked.delete(id);
          then(value);
        };
      this.#asked.set(id, { resolve: settle(resolve), reject: settle(reject) });
    });
  }

  /** Whether an id belongs to a request of the proxy's own, whether or not it is still open. */
  owns(id: string): boolean {
    return id.startsWith(this.#prefix) || this.#asked.has(id);
  }

  resolve(id: string, answer: Message): void {
    this.#asked.get(id)?.resolve(answer);
  }

  reject(id: string, error: Error): void {
    this.#asked.get(id)?.reject(error);
  }

  rejectAll(why: string): void {
    for (const { reject } of this.#asked.values()) reject(new Error(`the server was lost: ${why}`));
  }
}
