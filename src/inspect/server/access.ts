import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pageProtocol, tokenPrefix } from '../protocol.ts';

/** The kind of an admitted connection. */
export type Visitor = 'page' | 'app';

/** A refusal: an HTTP status, and a reason that reveals nothing about the token. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Decides which connections the inspector accepts. */
export class Access {
  /** The secret of a page. It is in the fragment of the page's address, which browsers never send anywhere. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #tokenHash = hash(this.token);
  #hosts: ReadonlySet<string> = new Set();

  /** Sets the host names under which this machine's port may be requested. */
  setPort(port: number): void {
    this.#hosts = new Set(
      loopbackNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : `${name}:${port}`)),
    );
  }

  /** Refuses requests under any other host name, which protects against DNS rebinding. */
  refuseHost({ headers }: IncomingMessage): Refusal | null {
    if (headers.host !== undefined && this.#hosts.has(headers.host.toLowerCase())) return null;
    return { status: 403, why: 'The inspector answers to the names of this machine only.' };
  }

  /** Decides who is opening a WebSocket: our own page, which must know the token, or an app that wants to be shown. */
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
      return { status: 403, why: 'Only the page of this inspector may connect.' };
    const told = protocols.find((each) => each.startsWith(tokenPrefix))?.slice(tokenPrefix.length) ?? '';
    if (timingSafeEqual(hash(told), this.#tokenHash)) return 'page';
    return { status: 401, why: 'Open the page at its complete address as printed, including the token.' };
  }
}

function isLoopback(origin: string): boolean {
  try {
    return loopbackNames.includes(new URL(origin).hostname);
  } catch {
    return false;
  }
}
