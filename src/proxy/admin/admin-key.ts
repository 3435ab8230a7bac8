import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The key that a request to change something must have. */
export class AdminKey {
  readonly text: string;
  readonly #hash: Buffer;

  /** @param text Default: a random key. */
  constructor(text = randomBytes(24).toString('base64url')) {
    this.text = text;
    this.#hash = hash(text);
  }

  /** Whether a request has it, as `Authorization: Bearer KEY`. */
  isIn({ headers }: IncomingMessage): boolean {
    const [, told] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    return told !== undefined && timingSafeEqual(hash(told), this.#hash);
  }
}
