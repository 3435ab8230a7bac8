import { type Envelope, envelopeOf } from '../wire/envelope.ts';
import type { Era } from '../wire/era.ts';
import type { Message } from '../wire/message.ts';

/** How the client speaks with the server, as its own messages show. */
export class ClientEra {
  #era: Era | undefined;
  #envelope: Envelope = {};

  /** Undefined until it is settled. */
  get era(): Era | undefined {
    return this.#era;
  }

  /** What a modern client says of itself. */
  get envelope(): Envelope {
    return this.#envelope;
  }

  /** The client has begun a legacy session. */
  settleLegacy(): void {
    this.#era = 'legacy';
  }

  /** The client asks something. Asking what the server can do may be a probe; any other modern request settles the era. */
  hear({ message, era }: { readonly message: Message; readonly era: Era }): void {
    if (era === 'modern' && this.#era !== 'modern' && message.method !== 'server/discover')
      this.settleModern(message);
  }

  /** The client goes on in the modern era. */
  settleModern(request: Message): void {
    if (this.#era !== 'modern' || request.method === 'server/discover')
      this.#envelope = envelopeOf(request) ?? {};
    this.#era = 'modern';
  }
}
