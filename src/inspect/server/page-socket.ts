import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** The way to one page: a WebSocket, or a stream to a process that passes everything on to one. */
export interface PageSocket {
  readonly isOpen: boolean;
  /** How much was sent and not taken yet, in bytes. */
  readonly unsentBytes: number;
  send(text: string): void;
  /** Asks whether the page is there; `onAlive` is called if it is. */
  ping(): void;
  /** Ends the connection because the page sent something that it must not. */
  refuse(): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** Receives what comes from a page. */
export interface PageListener {
  onText(text: string): void;
  onAlive(): void;
  onClose(): void;
}

/** A page that is connected by a WebSocket. */
export function webSocketPage(socket: WebSocket, listener: PageListener): PageSocket {
  const page: PageSocket = {
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    refuse: () => socket.close(1007, 'not a message of a page'),
    terminate: () => socket.terminate(),
  };
  socket.on('message', (data, isBinary) => {
    if (isBinary) page.refuse();
    else listener.onText(String(data));
  });
  socket.on('pong', () => listener.onAlive());
  socket.on('error', () => socket.terminate());
  socket.on('close', () => listener.onClose());
  return page;
}

/** The longest line that is read from a page, in characters. */
const maxLineLength = 64 * 2 ** 10;

/** A page behind a stream: a message is a line of JSON. */
export function streamPage(stream: Duplex, listener: PageListener): PageSocket {
  let isOpen = true;
  let unread = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    unread += text;
    const lines = unread.split('\n');
    unread = lines.pop() ?? '';
    // A process that is still there reads and writes at once, so that all it says is a sign of life.
    listener.onAlive();
    for (const line of lines) if (line !== '') listener.onText(line);
    if (unread.length > maxLineLength) stream.destroy();
  });
  stream.on('error', () => stream.destroy());
  stream.on('end', () => stream.destroy());
  stream.on('close', () => {
    isOpen = false;
    listener.onClose();
  });
  return {
    get isOpen() {
      return isOpen;
    },
    get unsentBytes() {
      return stream.writableLength;
    },
    send: (text) => void stream.write(`${text}\n`),
    // A stream within one machine closes with the process at its other end.
    ping: () => listener.onAlive(),
    refuse: () => stream.destroy(),
    terminate: () => stream.destroy(),
  };
}
