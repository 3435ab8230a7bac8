import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../options/listen-key.ts';

/** A version of the protocol: a date, or a draft. */
const version = /^(?:\d{4}-\d{2}-\d{2}|DRAFT-[\w-]+)$/;

/** The reason to refuse a request, with the HTTP status of the answer. */
export class Refusal extends Error {
  readonly status: number;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Checks the path, host and origin of a request. A page of another site can reach a server on this machine, but its requests name
 * that site as their origin.
 *
 * @param listensAt The host that the proxy listens at.
 * @param allowed The origins of other pages that may use it.
 * @throws Refusal
 */
export function checkRequest(
  { url, headers }: IncomingMessage,
  listensAt: string,
  allowed?: ReadonlySet<string>,
): void {
  if (url?.split('?')[0] !== '/mcp') throw new Refusal(404, 'the only path is /mcp');
  checkSource(headers, listensAt, allowed);
}

/** Checks the version that a legacy client names. A modern one is told which versions there are. @throws Refusal */
export function checkVersion(headers: IncomingMessage['headers']): void {
  const said = headers['mcp-protocol-version'];
  if (said !== undefined && !(typeof said === 'string' && version.test(said))) {
    throw new Refusal(
      400,
      `the header mcp-protocol-version must be a version, such as 2025-11-25, got ${JSON.stringify(said)}`,
    );
  }
}

/**
 * Checks that a request comes from this machine, if the proxy listens to no other, and from no page of another site.
 *
 * @throws Refusal
 */
export function checkSource(
  { host: asked, origin }: IncomingMessage['headers'],
  listensAt: string,
  allowed: ReadonlySet<string> = new Set(),
): void {
  const host = asked?.replace(/:\d+$/, '') ?? '';
  if (isLoopback(listensAt) && !isLoopback(host)) {
    throw new Refusal(403, `the host ${JSON.stringify(host)} is not this machine`);
  }
  if (origin === undefined || !allowed.has(origin)) checkOrigin(origin, host);
}

function checkOrigin(origin: string | undefined, host: string): void {
  if (origin === undefined) return;
  const from = URL.canParse(origin) ? new URL(origin).hostname : '';
  // Any site can make its host name point here; an IP address cannot be borrowed like that.
  const isOwn = from === host && isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  if (!isOwn && !isLoopback(from)) {
    throw new Refusal(403, `pages of ${JSON.stringify(origin)} may not use this server`);
  }
}
