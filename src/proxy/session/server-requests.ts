import { Message } from '../wire/message.ts';

/** What the server has asked of the client, and the client has not answered yet. */
export class ServerRequests {
  readonly #ids = new Set<string>();

  /** The server asks. @param id As JSON text. */
  add(id: string): void {
    this.#ids.add(id);
  }

  /** The client answers. @returns whether the server that runs has asked this: one that is gone waits for nothing. */
  settle(id: string): boolean {
    return this.#ids.delete(id);
  }

  /** The server cancels one. */
  cancelled(notification: Message): void {
    this.#ids.delete(notification.idAt('params', 'requestId') ?? '');
  }

  /** The server is gone. @returns what tells the client that nobody waits for its answers any more. */
  lost(why: string): Message[] {
    const cancellations = [...this.#ids].map((id) => Message.cancelled(id, `the server was lost: ${why}`));
    this.#ids.clear();
    return cancellations;
  }
}
