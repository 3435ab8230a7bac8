import type { Socket } from 'node:net';

/** Who is at the other end of a connection, once that is known: until then a browser may be about to ask for the page. */
type Guest = 'unknown' | 'app' | 'page';

/**
 * The open connections, of which there is a largest number. Those that have not shown the key make way for new ones, the oldest
 * first, so that nobody without the key can keep out a page.
 */
export class Connections {
  readonly #max: number;
  readonly #guests = new Map<Socket, Guest>();

  constructor(max: number) {
    this.#max = max;
  }

  add(socket: Socket): void {
    this.#guests.set(socket, 'unknown');
    socket.on('close', () => this.#guests.delete(socket));
    if (this.#guests.size > this.#max) this.#oldestWithoutKey(socket)?.destroy();
  }

  /** Who it is has been found out. */
  know(socket: Socket, guest: 'app' | 'page'): void {
    if (this.#guests.has(socket)) this.#guests.set(socket, guest);
  }

  closeAll(): void {
    for (const socket of this.#guests.keys()) socket.destroy();
  }

  /** Silent ones go first, then apps; if there are only pages, the newest goes. */
  #oldestWithoutKey(newest: Socket): Socket {
    let app: Socket | undefined;
    for (const [socket, guest] of this.#guests) {
      if (socket === newest || socket.destroyed) continue;
      if (guest === 'unknown') return socket;
      if (guest === 'app') app ??= socket;
    }
    return app ?? newest;
  }
}
