import { HEADER_MISMATCH, UNSUPPORTED_VERSION } from '../../classify/rpc-codes.ts';
import type { Era } from '../wire/era.ts';
import { Line } from '../wire/line.ts';
import { Message } from '../wire/message.ts';
import { mayBeOfServer } from './delivery-fault.ts';
import { bodyOf, type HttpAnswer, saidIn } from './http-request.ts';

/** A refusal of the server, as an HTTP answer that is no success. */
export class ServerRefusal {
  /** In words, shortened to one line. */
  readonly said: string;
  readonly #status: number;
  readonly #text: string;

  /** Reads the beginning of its body. */
  static async read(answer: HttpAnswer): Promise<ServerRefusal> {
    const text = await bodyOf(answer);
    return new ServerRefusal(answer.status, saidIn(answer, text), text);
  }

  private constructor(status: number, said: string, text: string) {
    this.#status = status;
    this.said = said;
    this.#text = text;
  }

  /**
   * The refusal as the server's own answer to a request, with its code and data: client and server need them to agree on a
   * version. Undefined if it is not JSON-RPC, or may come from somebody before the server.
   *
   * @param id Of the request, as JSON text.
   * @param era Of the request. A legacy client expects an error of its connection, unless no version is common.
   */
  answerTo(id: string, era: Era): Message | undefined {
    if (!mayBeOfServer(this.#status)) return undefined;
    const message = Message.read(Line.of(this.#text));
    const code = message?.value('error', 'code');
    if (message === undefined || typeof code !== 'number') return undefined;
    if (era === 'legacy' && (code > HEADER_MISMATCH || code < UNSUPPORTED_VERSION)) return undefined;
    if (message.id === id) return message;
    // Servers that refuse a request unread do not know its id.
    return Message.answer(id, { error: message.value('error') ?? null });
  }
}
