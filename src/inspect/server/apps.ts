import type { WebSocket } from 'ws';
import type { Ledger } from '../ledger.ts';
import { MemoryBudget } from '../memory-budget.ts';
import { WireError, WireSource } from '../wire-source.ts';

/** How long an app may take to hang up when it is told to, in ms. */
const hangUpMs = 1_000;
/** How long an app that has disconnected is still shown, in ms, and how many such apps. */
const goneMs = 10 * 60_000;
const maxGone = 8;

/** All apps that are connected over Stately's protocol, and for a while those that were. */
export class Apps {
  readonly #ledger: Ledger;
  readonly #budget = new MemoryBudget();
  readonly #sources = new Map<WebSocket, WireSource>();
  /** The apps that have disconnected, oldest first, each with the timer that ends its being shown. */
  readonly #gone = new Map<WireSource, NodeJS.Timeout>();
  /** The sockets that are not closed yet; an app may be slow to hang up. */
  readonly #sockets = new Set<WebSocket>();
  #seen = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get count(): number {
    return this.#sockets.size;
  }

  add(socket: WebSocket): void {
    this.#seen += 1;
    const refuse = (why: string): void => {
      // A close reason holds at most 123 bytes.
      socket.close(1007, why.slice(0, 100));
      // An app that does not hang up is hung up on.
      setTimeout(() => socket.terminate(), hangUpMs).unref();
    };
    const source: WireSource = new WireSource(`app${this.#seen}`, this.#ledger, {
      budget: this.#budget,
      onRoot: (name) => this.#replace(source, name),
      onTooMuch: (why) => {
        this.#forget(source);
        if (this.#sources.delete(socket)) {
          source.close();
          refuse(why);
        }
      },
    });
    this.#sources.set(socket, source);
    this.#sockets.add(socket);
    socket.on('message', (data, isBinary) => {
      if (!this.#sources.has(socket)) return;
      try {
        if (isBinary) throw new WireError('the message must be text');
        source.receive(String(data));
      } catch (error) {
        refuse(error instanceof WireError ? error.message : 'not understood');
        this.#leave(socket);
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#leave(socket);
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    for (const source of [...this.#gone.keys()]) this.#forget(source);
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
  }

  /** An app has disconnected. */
  #leave(socket: WebSocket): void {
    const source = this.#sources.get(socket);
    if (source === undefined) return;
    this.#sources.delete(socket);
    source.leave();
    this.#gone.set(source, setTimeout(() => this.#forget(source), goneMs).unref());
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > maxGone && oldest !== undefined) this.#forget(oldest);
  }

  /** An app that has connected takes the place of one that had a root actor of the same name: most likely it is the same. */
  #replace(source: WireSource, root: string): void {
    for (const gone of [...this.#gone.keys()])
      if (gone !== source && gone.roots.has(root)) this.#forget(gone);
  }

  /** An app that has disconnected is no longer shown. */
  #forget(source: WireSource): void {
    const timer = this.#gone.get(source);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#gone.delete(source);
    source.close();
  }
}
