import type { McpProxy } from '../mcp-proxy.ts';
import { isOwnAnswer } from '../session/answers.ts';
import { envelopeOf } from '../wire/envelope.ts';
import { Message } from '../wire/message.ts';
import type { Client } from './client.ts';

/** How long it is not asked again after it was found to be no such server, in ms: each time starts the server. */
const restMs = 1_000;

const initialize = Message.of({
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'toolfuse', version: '1' },
  },
});

/**
 * A command that ends when it is sent anything before `initialize`, as some servers of the legacy era do. To a client that asks it
 * `server/discover` it looks like a server that is down, which says nothing of an era, and the client would never fall back.
 */
export class LegacyServer {
  readonly #proxy: McpProxy;
  /** How long what was found out holds, in ms: the program may be replaced by another version. */
  readonly #holdsMs: number;
  #knownAt = Number.NEGATIVE_INFINITY;
  #deniedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<boolean> | undefined;

  constructor(proxy: McpProxy, holdsMs: number) {
    this.#proxy = proxy;
    this.#holdsMs = holdsMs;
  }

  /** Whether the server was found to be one. */
  get isKnown(): boolean {
    return performance.now() - this.#knownAt < this.#holdsMs;
  }

  /**
   * Finds out whether the server is one, after a question that it has not survived: it is one if a new run of it answers `initialize`,
   * and the next one does not survive the question either.
   *
   * @param discover The question, with what its client says of itself.
   */
  isOne(discover: Message): Promise<boolean> {
    if (!this.#proxy.startsServer || performance.now() - this.#deniedAt < restMs)
      return Promise.resolve(false);
    this.#asking ??= this.#ask(discover).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(discover: Message): Promise<boolean> {
    const begun = await ask(this.#proxy, initialize);
    const isOne =
      begun !== undefined && !begun.isError && isLost(await ask(this.#proxy, questionOf(discover)));
    if (isOne) this.#knownAt = performance.now();
    else this.#deniedAt = performance.now();
    return isOne;
  }
}

const questionOf = (discover: Message): Message =>
  Message.of({ id: 1, method: 'server/discover', params: { _meta: envelopeOf(discover) ?? {} } });

const isLost = (answer: Message | undefined): boolean => answer?.isError === true && isOwnAnswer(answer);

/** Asks a run of the server of its own. @returns undefined where there are too many sessions for one more. */
async function ask(proxy: McpProxy, question: Message): Promise<Message | undefined> {
  const asker = new Asker();
  let session: ReturnType<McpProxy['open']>;
  try {
    session = proxy.open(asker);
  } catch {
    return undefined;
  }
  session.fromClient.onMessage(question);
  try {
    return await asker.answer;
  } finally {
    await proxy.close(session);
  }
}

/** A client with one question. */
class Asker implements Client {
  readonly answer: Promise<Message | undefined>;
  #resolve: (answer: Message | undefined) => void = () => {};

  constructor() {
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  write(message: Message): boolean {
    if (message.isResponse) this.#resolve(message);
    return true;
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.#resolve(undefined);
  }
}
