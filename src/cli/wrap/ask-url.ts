import { isLoopback } from '../../proxy/options/listen-key.ts';
import { adviceIn, faultsOf, reasonOf } from '../../proxy/server/delivery-fault.ts';
import { urlConnectorOf } from '../../proxy/server/url-connector.ts';
import type { UrlLaunch } from '../configuration/server-launch.ts';
import { ExamineFault, examine, type OpenConnections } from '../doctor/examine.ts';
import { hasPlaceholder } from '../doctor/placeholders.ts';

/** How long a server may take to say whether it wants a sign-in, in ms. */
const answerMs = 5_000;

/** A header that says who is calling. */
const credential = /auth|key|token|secret|cookie/i;

/**
 * Why the proxy cannot stand before a server with a URL; undefined if it can. A client signs in by itself where a server wants
 * OAuth, and behind the proxy it could not. Only the server knows whether it does, so it is asked, without a sign-in.
 */
export async function whyNotUrl(
  { address, headerValues, tokenVariable, isOff }: UrlLaunch,
  { isOffline, open }: { readonly isOffline: boolean; readonly open: OpenConnections },
): Promise<string | undefined> {
  if (tokenVariable !== undefined || Object.keys(headerValues).some((name) => credential.test(name)))
    return undefined;
  if (hasPlaceholder(address)) return `${unknown}: its URL has parts that only its client knows`;
  if (!URL.canParse(address) || !/^https?:/.test(address)) return 'its URL is none of HTTP';
  const { hostname } = new URL(address);
  if (isLoopback(hostname)) return undefined;
  if (isOff) return `${unknown}: its client has it switched off`;
  if (isOffline) return `${unknown}: nothing is asked with --offline`;
  const values = Object.entries(headerValues).filter(([, value]) => !hasPlaceholder(value));
  const connect = urlConnectorOf({ url: address, headers: Object.fromEntries(values) }, 2 ** 20);
  try {
    await examine({ connect, era: 'legacy', timeoutMs: answerMs, open });
    return undefined;
  } catch (error) {
    return whyFrom(error);
  }
}

const unknown = 'it is not known whether it wants a sign-in';

function whyFrom(error: unknown): string | undefined {
  const cause = error instanceof ExamineFault ? error.cause : error;
  for (const { status } of faultsOf(cause)) {
    if (status === 401 || status === 403)
      return `it asks for a sign-in (HTTP ${status}), which is the part of the client`;
  }
  if (adviceIn(cause)?.includes('HTTP+SSE') === true)
    return 'it speaks HTTP+SSE, the transport before Streamable HTTP, which the proxy does not speak';
  // An answer, even an error, needs no sign-in.
  if (error instanceof ExamineFault && error.message.startsWith('it answers')) return undefined;
  return `${unknown}: it could not be asked (${reasonOf(cause)}). Run this again when it answers`;
}
