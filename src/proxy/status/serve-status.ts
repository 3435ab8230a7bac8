import { createServer } from 'node:net';
import type { ProxyStatus } from './proxy-status.ts';
import { ownSocket, removeSocket } from './status-sockets.ts';

/**
 * Answers `toolfuse mcp --status` of this user, on a socket that does not keep the process alive.
 *
 * @returns a function that stops it.
 */
export function serveStatus(status: () => ProxyStatus, onTrouble: (what: string) => void): () => void {
  let path: string;
  try {
    path = ownSocket();
  } catch (error) {
    onTrouble(`--status will not find this proxy: ${(error as Error).message}`);
    return () => {};
  }
  removeSocket(path);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(status()));
  });
  server.on('error', (error) => onTrouble(`--status will not find this proxy: ${error.message}`));
  server.listen(path).unref();
  return () => {
    server.close();
    removeSocket(path);
  };
}
