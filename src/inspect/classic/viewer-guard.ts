import { isViewerMessage, maxMessageLength, parsed } from './viewer-message.ts';

/** A socket of a `ws` WebSocket server. */
export interface ViewerSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  on(
    type: 'message',
    listener: (data: { toString(): string; length?: number }, isBinary: boolean) => void,
  ): unknown;
  on(type: 'error' | 'close', listener: () => void): unknown;
}

/** A WebSocket server of `ws`. */
export interface ViewerServer {
  readonly clients: Iterable<ViewerSocket>;
  on(type: 'connection', listener: (socket: ViewerSocket) => void): unknown;
  off(type: 'connection', listener: (socket: ViewerSocket) => void): unknown;
}

/** A viewer with more unread bytes than this misses later messages. */
const maxUnreadBytes = 4 * 2 ** 20;

/** Presents a user's WebSocket server to v4's inspector, and passes on only those messages of viewers that it can read. */
export class GuardedServer {
  readonly #server: ViewerServer;
  readonly #controls: boolean;
  readonly #undo: (() => void)[] = [];
  #isClosed = false;

  constructor(server: ViewerServer, controls: boolean) {
    this.#server = server;
    this.#controls = controls;
  }

  get hasViewers(): boolean {
    for (const _ of this.#server.clients) return !this.#isClosed;
    return false;
  }

  /** The package sends its messages through this. */
  get clients(): Iterable<ViewerSocket> & { forEach(send: (socket: object) => void): void } {
    const open = this.#isClosed ? [] : [...this.#server.clients];
    return open.filter(({ bufferedAmount }) => bufferedAmount < maxUnreadBytes);
  }

  /** Only `connection` is supported, because closing the server is the user's job. */
  on(type: string, listener: (socket: object) => void): void {
    if (type !== 'connection') return;
    const connect = (socket: ViewerSocket): void => {
      // Without a listener, an invalid frame would end the process.
      socket.on('error', () => {});
      listener({ on: (_: 'message', receive: Receive) => this.#receive(socket, receive) });
    };
    for (const socket of this.#server.clients) connect(socket);
    this.#server.on('connection', connect);
    this.#undo.push(() => this.#server.off('connection', connect));
  }

  close(): void {
    this.#isClosed = true;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #receive(socket: ViewerSocket, receive: Receive): void {
    socket.on('message', (data, isBinary) => {
      if (this.#isClosed || isBinary || (data.length ?? 0) > maxMessageLength) return;
      if (!isViewerMessage(parsed(data.toString()), this.#controls)) return;
      try {
        receive(data, isBinary);
      } catch (fault) {
        console.error('toolfuse: the classic inspector could not take what a viewer sent', fault);
      }
    });
  }
}

type Receive = (data: unknown, isBinary: boolean) => void;
