import { type PageMessage, pageProtocol, type ServerMessage, tokenPrefix } from '../protocol.ts';

type Asked = PageMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'request'>
    : never
  : never;

/** The callbacks of the connection. */
export interface LinkListener {
  onMessage(message: ServerMessage): void;
  onOpen(): void;
  /** `hasBeenOpen` is false if the server rejected the page or is not running. */
  onClose(hasBeenOpen: boolean): void;
}

const shortestWaitMs = 500;
const maxWaitMs = 5_000;
const answerMs = 10_000;

/** The page's connection to its server. It reconnects by itself. */
export class Link {
  readonly #token: string;
  readonly #listener: LinkListener;
  readonly #answers = new Map<number, (message: ServerMessage) => void>();
  #socket: WebSocket | undefined;
  #waitMs = shortestWaitMs;
  #requests = 0;

  readonly #path: string;
  #isStopped = false;

  constructor(token: string, path: string, listener: LinkListener) {
    this.#token = token;
    this.#path = path;
    this.#listener = listener;
  }

  connect(): void {
    const socket = new WebSocket(`ws://${location.host}${this.#path}`, [
      pageProtocol,
      `${tokenPrefix}${this.#token}`,
    ]);
    let hasBeenOpen = false;
    this.#socket = socket;
    socket.onopen = () => {
      hasBeenOpen = true;
      this.#waitMs = shortestWaitMs;
      this.#listener.onOpen();
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data) as ServerMessage);
    socket.onclose = () => {
      this.#listener.onClose(hasBeenOpen);
      if (this.#isStopped) return;
      setTimeout(() => {
        if (!this.#isStopped) this.connect();
      }, this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 1.6, maxWaitMs);
    };
  }

  /** Ends the connection, and makes no other. */
  stop(): void {
    this.#isStopped = true;
    this.#socket?.close();
  }

  /** Sends the server a request. @returns Its answer; undefined if it does not answer. */
  ask<Type extends ServerMessage['type']>(
    message: Asked,
    answer: Type,
  ): Promise<Extract<ServerMessage, { type: Type }> | undefined> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
    this.#requests += 1;
    const request = this.#requests;
    return new Promise((resolve) => {
      const end = (given: ServerMessage | undefined): void => {
        clearTimeout(timer);
        this.#answers.delete(request);
        resolve(given?.type === answer ? (given as Extract<ServerMessage, { type: Type }>) : undefined);
      };
      const timer = setTimeout(() => end(undefined), answerMs);
      this.#answers.set(request, end);
      socket.send(JSON.stringify({ ...message, request }));
    });
  }

  #receive(message: ServerMessage): void {
    if ('request' in message) this.#answers.get(message.request)?.(message);
    else this.#listener.onMessage(message);
  }
}
