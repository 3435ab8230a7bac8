import { isViewerMessage, longestMessage, parsed } from './viewer-message.ts';

/** A socket of a WebSocket server, as `ws` makes it. */
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

/** A WebSocket server, as `ws` makes it. */
export interface ViewerServer {
  readonly clients: Iterable<ViewerSocket>;
  on(type: 'connection', listener: (socket: ViewerSocket) => void): unknown;
  off(type: 'connection', listener: (socket: ViewerSocket) => void): unknown;
}

/** A viewer that has not read so many bytes misses what follows. */
const mostUnread = 4 * 2 ** 20;

/** A user's WebSocket server as the inspector of v4 sees it: of what viewers send, it gets what it can read. */
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

  /** What the package sends goes through here. */
  get clients(): Iterable<ViewerSocket> & { forEach(send: (socket: object) => void): void } {
    const open = this.#isClosed ? [] : [...this.#server.clients];
    return open.filter(({ bufferedAmount }) => bufferedAmount < mostUnread);
  }

  /** Only `connection` is of use: this server is the user's to close. */
  on(type: string, listener: (socket: object) => void): void {
    if (type !== 'connection') return;
    const connect = (socket: ViewerSocket): void => {
      // Without a listener, a frame that cannot be read would end the process.
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
      if (this.#isClosed || isBinary || (data.length ?? 0) > longestMessage) return;
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
