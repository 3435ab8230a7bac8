import type { ProxyOptions } from '../options/read.ts';
import { secureContextOf } from './certificates.ts';
import { HttpAgents } from './http-agents.ts';
import type { Connect } from './server-connection.ts';
import { ToolHeaders } from './tool-headers.ts';
import { UrlServer } from './url-server.ts';

type UrlOptions = Pick<ProxyOptions, 'headers' | 'listen' | 'ca' | 'cert' | 'key'> & {
  readonly url: string;
};

/** How to connect to the server at a URL. @throws UsageError for certificates that cannot be read. */
export function urlConnectorOf(
  { url, headers, listen, ca, cert, key }: UrlOptions,
  maxMessageBytes: number,
): Connect {
  const agents = new HttpAgents(secureContextOf({ ca, cert, key }));
  // All sessions reach the same tools.
  const toolHeaders = new ToolHeaders({ hidesInvalid: listen === undefined });
  return (events) => new UrlServer({ url, headers, agents, maxMessageBytes, toolHeaders }, events);
}
