import type { IncomingMessage, ServerResponse } from 'node:http';

/** The headers of MCP that a page may send. It may also send those of a tool's arguments, whose names are not known. */
const requestHeaders = [
  'accept',
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
];

const isParameter = (name: string): boolean => /^mcp-param-[\w-]+$/.test(name);

/** Lets a page read the answer to its request. Its origin must be one of those that may use the proxy. */
export function shareWith({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'origin');
  if (headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', headers.origin);
  response.setHeader(
    'access-control-expose-headers',
    'mcp-session-id, mcp-protocol-version, www-authenticate',
  );
}

/** Answers a browser that asks what a page may send. It shows no key yet. */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = String(headers['access-control-request-headers'] ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': [...requestHeaders, ...asked.filter(isParameter)].join(', '),
    'access-control-max-age': '86400',
    // Chrome asks for this where a page of the web reaches for this machine.
    ...(headers['access-control-request-private-network'] !== undefined && {
      'access-control-allow-private-network': 'true',
    }),
  });
  response.end();
}
