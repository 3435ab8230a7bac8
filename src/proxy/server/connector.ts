import { checkServer } from '../options/check-server.ts';
import type { ProxyOptions } from '../options/read.ts';
import { CommandServer } from './command-server.ts';
import type { EarlyServer } from './early-server.ts';
import type { Connect } from './server-connection.ts';

type ConnectorOptions = Pick<ProxyOptions, 'url' | 'headers' | 'command' | 'listen' | 'ca' | 'cert' | 'key'>;

/**
 * How to start the server that the options name, or to connect to it.
 *
 * @param early The first run of the server, where it was started already.
 * @throws UsageError unless they name exactly one.
 */
export async function connectorOf(
  options: ConnectorOptions,
  maxMessageBytes: number,
  early?: EarlyServer,
): Promise<Connect> {
  checkServer(options);
  const { url, command } = options;
  if (url !== undefined) {
    // A proxy of a command needs no HTTP, which takes long to load.
    const { urlConnectorOf } = await import('./url-connector.ts');
    return urlConnectorOf({ ...options, url }, maxMessageBytes);
  }
  const [program = '', ...args] = command;
  return (events) =>
    new CommandServer({ command: program, args, maxMessageBytes, started: early?.take() }, events);
}
