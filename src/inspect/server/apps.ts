import type { WebSocket } from 'ws';
import type { Ledger } from '../ledger.ts';
import { WireError, WireSource } from '../wire-source.ts';

/** All apps that are connected over Stately's protocol. */
export class Apps {
  readonly #ledger: Ledger;
  readonly #sources = new Map<WebSocket, WireSource>();
  #seen = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get count(): number {
    return this.#sources.size;
  }

  add(socket: WebSocket): void {
    this.#seen += 1;
    const source = new WireSource(`app${this.#seen}`, this.#ledger);
    this.#sources.set(socket, source);
    socket.on('message', (data, isBinary) => {
      if (!this.#sources.has(socket)) return;
      try {
        if (isBinary) throw new WireError('the message must be text');
        source.receive(String(data));
      } catch (error) {
        this.#remove(socket);
        // A close reason holds at most 123 bytes.
        socket.close(1007, error instanceof WireError ? error.message.slice(0, 100) : 'not understood');
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#remove(socket));
  }

  close(): void {
    for (const socket of this.#sources.keys()) socket.terminate();
    this.#sources.clear();
  }

  #remove(socket: WebSocket): void {
    this.#sources.get(socket)?.close();
    this.#sources.delete(socket);
  }
}
