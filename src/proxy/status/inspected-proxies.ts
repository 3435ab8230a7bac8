import { connect } from 'node:net';
import type { InspectedProcess } from 'toolfuse/inspect';
import { askStatus } from './ask-status.ts';
import { socketOf } from './status-sockets.ts';

/** The running proxies of this user, to be shown on one page. */
export async function inspectedProxies(): Promise<InspectedProcess[]> {
  const all = await askStatus();
  const names = all.map(({ server }) => server);
  return all
    .toSorted((a, b) => (a.server < b.server ? -1 : a.server > b.server ? 1 : a.pid - b.pid))
    .map(({ pid, server }) => ({
      id: String(pid),
      // Two proxies of one server differ by their processes.
      name: names.filter((name) => name === server).length > 1 ? `${server} (${pid})` : server,
      connect: () => connect(socketOf(pid, 'page')),
    }));
}
