import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pageProtocol, tokenPrefix } from '../protocol.ts';

/** Who knocks, once let in. */
export type Visitor = 'page' | 'app';

/** Why a request is refused: an HTTP status, and words that say nothing of the token. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Decides who may talk to the inspector. */
export class Access {
  /** What a page has to know. It is told in the fragment of the page's address, which no browser sends anywhere. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #tokenHash = hash(this.token);
  #hosts: ReadonlySet<string> = new Set();

  /** Requests are for this port of this machine, by one of its own names. */
  setPort(port: number): void {
    this.#hosts = new Set(
      loopbackNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : `${name}:${port}`)),
    );
  }

  /** A name that leads here but is not ours is another site's: DNS rebinding. */
  refuseHost({ headers }: IncomingMessage): Refusal | null {
    if (headers.host !== undefined && this.#hosts.has(headers.host.toLowerCase())) return null;
    return { status: 403, why: 'The inspector answers to the names of this machine only.' };
  }

  /** Who wants a WebSocket: the page, which has to be ours and know the token, or an app that has something to show. */
  admit(request: IncomingMessage): Visitor | Refusal {
    const refusal = this.refuseHost(request);
    if (refusal !== null) return refusal;
    const { origin, host } = request.headers;
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    if (!protocols.includes(pageProtocol)) {
      if (origin === undefined || isLoopback(origin)) return 'app';
      return { status: 403, why: 'Apps of other machines are not shown.' };
    }
    if (origin !== `http://${host}`)
      return { status: 403, why: 'Only the page of this inspector is let in.' };
    const told = protocols.find((each) => each.startsWith(tokenPrefix))?.slice(tokenPrefix.length) ?? '';
    if (timingSafeEqual(hash(told), this.#tokenHash)) return 'page';
    return { status: 401, why: 'Open the page at the whole address that was printed, token included.' };
  }
}

function isLoopback(origin: string): boolean {
  try {
    return loopbackNames.includes(new URL(origin).hostname);
  } catch {
    return false;
  }
}
