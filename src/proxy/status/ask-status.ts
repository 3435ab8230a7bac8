import { connect } from 'node:net';
import type { ProxyStatus } from './proxy-status.ts';
import { allSockets, removeSocket } from './status-sockets.ts';

/** How long a proxy may stay silent before it is left out, in ms. */
const maxSilenceMs = 2_000;

/** The status of every running proxy of this user. */
export async function askStatus(): Promise<ProxyStatus[]> {
  const all = await Promise.all(allSockets().map(ask));
  return all.filter((status) => status !== undefined);
}

/** Undefined for a proxy that does not answer. The socket of one that has died is removed. */
function ask(path: string): Promise<ProxyStatus | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(path);
    socket.setTimeout(maxSilenceMs, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') removeSocket(path);
      resolve(undefined);
    });
    socket.on('close', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ProxyStatus);
      } catch {
        resolve(undefined);
      }
    });
  });
}
