import { Message } from '../wire/message.ts';

/** The requests of the server that the client has not answered yet. */
export class ServerRequests {
  readonly #ids = new Set<string>();
  /** Those that a person may have to answer, or a model. */
  readonly #slow = new Set<string>();
  readonly #onWaiting: (isWaiting: boolean) => void;

  /** @param onWaiting Called when the server begins to wait for the client, and when it no longer does. */
  constructor(onWaiting: (isWaiting: boolean) => void) {
    this.#onWaiting = onWaiting;
  }

  /** The server sends a request. @param id As JSON text. */
  add(id: string, method: string): void {
    this.#ids.add(id);
    if (method === 'ping') return;
    this.#slow.add(id);
    if (this.#slow.size === 1) this.#onWaiting(true);
  }

  /** The client answers. @returns whether the current run of the server sent the request, and so waits for this answer. */
  settle(id: string): boolean {
    if (this.#slow.delete(id) && this.#slow.size === 0) this.#onWaiting(false);
    return this.#ids.delete(id);
  }

  /** The server cancels a request. */
  cancelled(notification: Message): void {
    this.settle(notification.idAt('params', 'requestId') ?? '');
  }

  /** The client can answer nothing any more. @returns the ids of the requests, as JSON text. */
  giveUp(): string[] {
    const ids = [...this.#ids];
    for (const id of ids) this.settle(id);
    return ids;
  }

  /** The server is gone. @returns notifications that cancel its requests. */
  lost(why: string): Message[] {
    return this.giveUp().map((id) => Message.cancelled(id, `the server was lost: ${why}`));
  }
}
