import { connect } from 'node:net';
import { isProxyStatus } from './is-proxy-status.ts';
import type { ProxyStatus } from './proxy-status.ts';
import { allSockets, removeSocket } from './status-sockets.ts';

/** How long a proxy may take to answer before it is left out, in ms. */
const maxAnswerMs = 2_000;

/** The longest answer that is read, in bytes: that of ten thousand circuits is shorter. */
const maxBytes = 32 * 1024 * 1024;

/** The status of every running proxy of this user. */
export async function askStatus(): Promise<ProxyStatus[]> {
  const all = await Promise.all(allSockets().map(ask));
  return all.filter((status) => status !== undefined);
}

/** Undefined for a proxy that does not answer, or with something else. The socket of one that has died is removed. */
export function ask(path: string): Promise<ProxyStatus | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const socket = connect(path);
    // Not a time of silence: a socket may go on and on.
    const timer = setTimeout(() => socket.destroy(), maxAnswerMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') {
        removeSocket(path);
        removeSocket(path.replace(/\.sock$/, '.page'));
      }
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(length > maxBytes ? undefined : read(Buffer.concat(chunks).toString('utf8')));
    });
  });
}

function read(text: string): ProxyStatus | undefined {
  try {
    const status: unknown = JSON.parse(text);
    return isProxyStatus(status) ? status : undefined;
  } catch {
    return undefined;
  }
}
