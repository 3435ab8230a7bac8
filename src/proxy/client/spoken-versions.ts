import { METHOD_NOT_FOUND } from '../../classify/rpc-codes.ts';
import { isOwnAnswer } from '../session/answers.ts';
import type { Message } from '../wire/message.ts';
import { standardHeadersOf } from '../wire/standard-headers.ts';
import { ModernRefusal } from './modern-check.ts';

/** For how many versions it is known whether the server speaks them. */
const maxVersions = 100;

/** What a server that knows nothing of the modern era speaks. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

type Refuse = (request: Message) => ModernRefusal | undefined;

/** Which versions of the protocol a server speaks. It is asked about each version once. */
export class SpokenVersions {
  readonly #refuse = new Map<string, Refuse>();

  /**
   * @param discover Asks the server what it can do.
   * @throws ModernRefusal if the server does not speak the version of a request.
   */
  async check(request: Message, discover: () => Promise<Message>): Promise<void> {
    const { version = '' } = standardHeadersOf(request);
    const refusal = (await this.#about(version, discover))(request);
    if (refusal !== undefined) throw refusal;
  }

  async #about(version: string, discover: () => Promise<Message>): Promise<Refuse> {
    const known = this.#refuse.get(version);
    if (known !== undefined) return known;
    const answer = await discover();
    // The server could not be asked: it is asked again, and the request meets the same fate.
    if (isOwnAnswer(answer)) return () => undefined;
    const refuse = refusalIn(answer, version);
    if (this.#refuse.size >= maxVersions) this.#refuse.clear();
    this.#refuse.set(version, refuse);
    return refuse;
  }
}

/** The refusal of a question whose own version the answer does not have; undefined where it has. */
export function refusalOf(discover: Message, answer: Message): Message | undefined {
  const { version = '' } = standardHeadersOf(discover);
  return answer.isError ? undefined : refusalIn(answer, version)(discover)?.toAnswer();
}

/** What the server's word on `server/discover` means for requests of a version. */
function refusalIn(answer: Message, version: string): Refuse {
  if (answer.isError) {
    const code = answer.value('error', 'code');
    if (code === METHOD_NOT_FOUND) return (request) => ModernRefusal.version(request, legacyVersions);
    const words = String(answer.value('error', 'message'));
    return (request) => new ModernRefusal(request, Number(code), words, answer.value('error', 'data'));
  }
  const supported = answer.value('result', 'supportedVersions');
  const isSpoken = !Array.isArray(supported) || supported.includes(version);
  return (request) => (isSpoken ? undefined : ModernRefusal.version(request, supported));
}
