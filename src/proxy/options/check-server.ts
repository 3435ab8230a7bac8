import type { ProxyOptions } from './read.ts';
import { UsageError } from './usage-error.ts';

type ServerOptions = Pick<ProxyOptions, 'url' | 'headers' | 'command' | 'ca' | 'cert' | 'key'>;

/** @throws UsageError unless the options name exactly one server, and nothing that it has no use for. */
export function checkServer({ url, headers, command: [program], ca, cert, key }: ServerOptions): void {
  if (url !== undefined) {
    if (program !== undefined) throw new UsageError('there must be one server: a command after --, or --url');
    return;
  }
  if (Object.keys(headers).length > 0) throw new UsageError('headers need a server with a --url');
  if ((ca ?? cert ?? key) !== undefined)
    throw new UsageError('--ca, --cert and --key need a server with a --url');
  if (program === undefined || program.trim() === '')
    throw new UsageError('there is no server: put its command after --, or give its --url');
}
