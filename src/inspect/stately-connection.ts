/** The socket of an inspector made by `createWebSocketInspector`: from `ws` in Node, otherwise the browser's own. */
interface Socket {
  readonly readyState: number;
  addEventListener(type: 'open' | 'error' | 'close', listener: () => void): void;
  /** The TCP socket below it, in Node only. */
  readonly _socket?: { unref?(): void };
}

/** The visible part of how an inspector of `@statelyai/inspect` sends. */
export interface StatelyAdapter {
  readonly ws?: Socket;
  /** Only in an inspector made by `createBrowserInspector`. */
  readonly options?: { readonly window?: Pick<Window, 'addEventListener' | 'removeEventListener'> };
}

/** Callbacks for when a viewer connects and disconnects. */
export interface ConnectionListener {
  onConnected(): void;
  onLost(): void;
}

const [connecting, open] = [0, 1];

/** How often to check for a new socket, in ms; the package creates one 5 s after an error. */
const lookMs = 2_000;

/**
 * Follows whether an inspector is connected. Until it is, the package keeps only the last 200 messages, so with more tools it
 * would lose the first ones and the registry.
 *
 * @returns A function that stops following.
 */
export function followConnection(adapter: StatelyAdapter, listener: ConnectionListener): () => void {
  if (adapter.ws !== undefined) return new SocketFollower(adapter, listener).stop;
  listener.onConnected();
  const { window } = adapter.options ?? {};
  if (window?.addEventListener === undefined) return () => {};
  // A page that is opened later, or reloaded, has received nothing yet.
  const onMessage = ({ data }: MessageEvent): void => {
    if (data?.type === '@statelyai.connected') listener.onConnected();
  };
  window.addEventListener('message', onMessage);
  return () => window.removeEventListener('message', onMessage);
}

/** Follows a socket and its replacements. */
class SocketFollower {
  readonly #adapter: StatelyAdapter;
  readonly #listener: ConnectionListener;
  #socket: Socket | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(adapter: StatelyAdapter, listener: ConnectionListener) {
    this.#adapter = adapter;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#look(), lookMs);
    // In a browser the timer is a number, which has no unref.
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
    // Watching must not keep the process alive.
    socket._socket?.unref?.();
    this.#listener.onConnected();
  }
}
