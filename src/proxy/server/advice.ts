import { faultsOf } from './delivery-fault.ts';

/** What is known of the server that a message was for. */
interface Reached {
  readonly url: string;
  /** Whether it offers the transport that came before Streamable HTTP. */
  readonly isOldTransport?: boolean;
}

const bridge = (url: string, flags = ''): string => `toolfuse mcp -- npx -y mcp-remote ${url}${flags}`;

/** Errors of TLS that concern the certificate of the server, by their codes. */
const untrusted =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_UNTRUSTED)$/;
const expired = /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/;
const clientCertificate =
  /ALERT_CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_HANDSHAKE_FAILURE/;
const notTls = /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL))/;
const unreachable = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|ECONNRESET)$/;

/** Whether the environment names an HTTP proxy. */
const hasProxy = (): boolean =>
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].some(
    (name) => process.env[name] || process.env[name.toLowerCase()],
  );

/**
 * What the user of a server can do about an error that no repetition mends; undefined where there is nothing to be done, or
 * where it may pass by itself.
 */
export function adviceFor(error: unknown, { url, isOldTransport = false }: Reached): string | undefined {
  const shown = shownServer(url);
  for (const { code, status } of faultsOf(error)) {
    const advice = isOldTransport
      ? `The server speaks the old HTTP+SSE transport. Look for its address of Streamable HTTP, often with /mcp at the end, or put a bridge in between: ${bridge(shown, ' --transport sse-only')}`
      : (ofStatus(status, shown) ?? ofCode(String(code ?? ''), shown));
    if (advice !== undefined) return advice;
  }
  return undefined;
}

function ofStatus(status: unknown, url: string): string | undefined {
  switch (status) {
    case 401:
      return `The server asks who is calling. Give it a token with --header 'Authorization: Bearer \${TOKEN}', or, where it wants a sign-in with OAuth, put a bridge in between that does it: ${bridge(url)}`;
    case 403:
      return 'The server does not let this caller in. Check the rights of the token in --header, and whether the server expects another address or network.';
    case 407:
      return 'The HTTP proxy asks who is calling. Put user and password into the variable that names it, as in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.';
    default:
      return undefined;
  }
}

function ofCode(code: string, url: string): string | undefined {
  if (untrusted.test(code)) {
    return 'Its certificate is of an authority that is not known here, such as that of a company. Name the file of that authority with --ca FILE or NODE_EXTRA_CA_CERTS=FILE.';
  }
  if (expired.test(code))
    return 'Its certificate is not valid at this time. Check the clock of this machine, or have the certificate renewed.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Its certificate is of another host. Check the host in --url.';
  if (clientCertificate.test(code))
    return 'The server wants a certificate of its client. Give it one with --cert FILE and --key FILE.';
  if (notTls.test(code))
    return `What answers there does not speak TLS. Try ${url.replace(/^https:/, 'http:')}, or another port.`;
  if (unreachable.test(code) && hasProxy()) {
    return `It was looked for through the HTTP proxy that the environment names. If it is to be reached directly, put its host into NO_PROXY: ${new URL(url).hostname}`;
  }
  return undefined;
}

/** Without its query, which can hold a key. */
function shownServer(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
