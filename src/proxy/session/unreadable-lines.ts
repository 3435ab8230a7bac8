import { INVALID_REQUEST } from '../../classify/rpc-codes.ts';
import type { ProxyLog } from '../log.ts';
import type { Line } from '../wire/line.ts';
import type { LongLine } from '../wire/line-reader.ts';
import { readLongLine } from '../wire/long-line.ts';
import type { Message } from '../wire/message.ts';
import { errorAnswer } from './answers.ts';

export interface UnreadableLinesOptions {
  readonly log: ProxyLog;
  readonly toClient: (message: Message) => void;
  readonly toServer: (message: Message) => void;
  /** The server's answer to a request of the client is too long. @param id As JSON text. */
  readonly onAnswerTooLong: (id: string, why: string) => void;
  /** The client's answer to a request of the server is too long. @returns whether the server waits for it. */
  readonly settle: (id: string) => boolean;
}

/** Lines that are no messages, or too long to be passed on: they are logged, and who waits for one of them gets an error. */
export class UnreadableLines {
  readonly #options: UnreadableLinesOptions;

  constructor(options: UnreadableLinesOptions) {
    this.#options = options;
  }

  garbage(from: 'client' | 'server', line: Line): void {
    const text = line.text('utf8', 0, 200).trim();
    if (text === '') return;
    // The beginning of what may be a message is not logged: it may hold secrets.
    this.#options.log.tell('message.garbage', { from, begins: /^[[{"]/.test(text) ? null : text });
  }

  tooLong(from: 'client' | 'server', line: LongLine): void {
    const { log, toClient, toServer, onAnswerTooLong, settle } = this.#options;
    const { id, asks } = readLongLine(line);
    const why = `a message of ${line.length} bytes is too long to be passed on (see --max-message-mb)`;
    log.tell('message.tooLong', { from, bytes: line.length });
    if (id === undefined) return;
    if (asks) {
      // The side that sent the request gets an error; the other side never sees the request.
      const toSender = from === 'client' ? toClient : toServer;
      toSender(errorAnswer(id, why, undefined, INVALID_REQUEST));
    } else if (from === 'server') onAnswerTooLong(id, why);
    else if (settle(id)) toServer(errorAnswer(id, why));
  }
}
