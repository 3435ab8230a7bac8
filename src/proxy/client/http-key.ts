import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './http-check.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The key that every client has to show, as `Authorization: Bearer KEY`. */
export class HttpKey {
  readonly #digest: Buffer;

  constructor(key: string) {
    this.#digest = digest(key);
  }

  /** @throws Refusal unless a request has the key. */
  check({ headers }: IncomingMessage): void {
    const [, given] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? [];
    if (given !== undefined && timingSafeEqual(digest(given.trim()), this.#digest)) return;
    throw new Refusal(
      401,
      'the header authorization must be Bearer and the key of this proxy (see --token-env)',
      {
        'www-authenticate': 'Bearer realm="toolfuse"',
      },
    );
  }
}
