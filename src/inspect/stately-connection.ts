/** The socket of an inspector that `createWebSocketInspector` made: of `ws` in Node, a browser's own otherwise. */
interface Socket {
  readonly readyState: number;
  addEventListener(type: 'open' | 'error' | 'close', listener: () => void): void;
  /** In Node, what is under it. */
  readonly _socket?: { unref?(): void };
}

/** How an inspector of `@statelyai/inspect` sends, as far as it shows. */
export interface StatelyAdapter {
  readonly ws?: Socket;
  /** Of one that `createBrowserInspector` made. */
  readonly options?: { readonly window?: Pick<Window, 'addEventListener' | 'removeEventListener'> };
}

/** Told when there is somebody to send to, and when there is nobody any more. */
export interface ConnectionListener {
  onConnected(): void;
  onLost(): void;
}

const [connecting, open] = [0, 1];

/** How often a socket is looked for that is another one than before: the package makes one 5 s after a fault. */
const lookMs = 2_000;

/**
 * Follows whether an inspector is connected. Before that the package keeps only the last 200 messages, so that of more tools
 * it would forget the first, and the registry.
 *
 * @returns Ends it.
 */
export function followConnection(adapter: StatelyAdapter, listener: ConnectionListener): () => void {
  if (adapter.ws !== undefined) return new SocketFollower(adapter, listener).stop;
  listener.onConnected();
  const { window } = adapter.options ?? {};
  if (window?.addEventListener === undefined) return () => {};
  // A page that is opened late, or again, has heard nothing.
  const onMessage = ({ data }: MessageEvent): void => {
    if (data?.type === '@statelyai.connected') listener.onConnected();
  };
  window.addEventListener('message', onMessage);
  return () => window.removeEventListener('message', onMessage);
}

/** Follows a socket, and the one that is made in its place. */
class SocketFollower {
  readonly #adapter: StatelyAdapter;
  readonly #listener: ConnectionListener;
  #socket: Socket | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(adapter: StatelyAdapter, listener: ConnectionListener) {
    this.#adapter = adapter;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#look(), lookMs);
    // In a browser it is a number.
    (this.#timer as { unref?(): void }).unref?.();
    this.#look();
  }

  readonly stop = (): void => {
    clearInterval(this.#timer);
    this.#socket = undefined;
  };

  #look(): void {
    const { ws } = this.#adapter;
    if (ws === undefined || ws === this.#socket) return;
    this.#socket = ws;
    if (ws.readyState === open) this.#connected(ws);
    else if (ws.readyState === connecting) ws.addEventListener('open', () => this.#connected(ws));
    ws.addEventListener('close', () => {
      if (ws === this.#socket) this.#listener.onLost();
    });
  }

  #connected(socket: Socket): void {
    if (socket !== this.#socket) return;
    // To watch is no reason to go on.
    socket._socket?.unref?.();
    this.#listener.onConnected();
  }
}
