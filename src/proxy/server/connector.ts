import type { ProxyOptions } from '../options/read.ts';
import { UsageError } from '../options/usage-error.ts';
import { secureContextOf } from './certificates.ts';
import { CommandServer } from './command-server.ts';
import { HttpAgents } from './http-agents.ts';
import type { Connect } from './server-connection.ts';
import { ToolHeaders } from './tool-headers.ts';
import { UrlServer } from './url-server.ts';

type ConnectorOptions = Pick<ProxyOptions, 'url' | 'headers' | 'command' | 'listen' | 'ca' | 'cert' | 'key'>;

/**
 * How to start the server that the options name, or to connect to it.
 *
 * @throws UsageError unless they name exactly one.
 */
export function connectorOf(
  { url, headers, command, listen, ca, cert, key }: ConnectorOptions,
  maxMessageBytes: number,
): Connect {
  if (url !== undefined) {
    if (command.length > 0) throw new UsageError('there must be one server: a command after --, or --url');
    const agents = new HttpAgents(secureContextOf({ ca, cert, key }));
    // All sessions reach the same tools.
    const toolHeaders = new ToolHeaders({ hidesInvalid: listen === undefined });
    return (events) => new UrlServer({ url, headers, agents, maxMessageBytes, toolHeaders }, events);
  }
  if (Object.keys(headers).length > 0) throw new UsageError('headers need a server with a --url');
  if ((ca ?? cert ?? key) !== undefined)
    throw new UsageError('--ca, --cert and --key need a server with a --url');
  const [program, ...args] = command;
  if (program === undefined || program.trim() === '') {
    throw new UsageError('there is no server: put its command after --, or give its --url');
  }
  return (events) => new CommandServer({ command: program, args, maxMessageBytes }, events);
}
