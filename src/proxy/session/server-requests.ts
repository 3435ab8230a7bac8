import { Message } from '../wire/message.ts';

/** The requests of the server that the client has not answered yet. */
export class ServerRequests {
  readonly #ids = new Set<string>();

  /** The server sends a request. @param id As JSON text. */
  add(id: string): void {
    this.#ids.add(id);
  }

  /** The client answers. @returns whether the current run of the server sent the request, and so waits for this answer. */
  settle(id: string): boolean {
    return this.#ids.delete(id);
  }

  /** The server cancels a request. */
  cancelled(notification: Message): void {
    this.#ids.delete(notification.idAt('params', 'requestId') ?? '');
  }

  /** The server is gone. @returns notifications that cancel its requests. */
  lost(why: string): Message[] {
    const cancellations = [...this.#ids].map((id) => Message.cancelled(id, `the server was lost: ${why}`));
    this.#ids.clear();
    return cancellations;
  }
}
