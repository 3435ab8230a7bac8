import { createServer } from 'node:net';
import type { InspectorAnswers } from 'toolfuse/inspect';
import { ownSocket, removeSocket } from './status-sockets.ts';

/**
 * Answers `toolfuse inspect --all` of this user, on a socket that does not keep the process alive.
 *
 * @param load Called when somebody looks for the first time.
 * @returns a function that stops it.
 */
export function serveInspection(
  load: () => Promise<InspectorAnswers>,
  onTrouble: (what: string) => void,
): () => void {
  const tell = (error: unknown): void =>
    onTrouble(`inspect --all will not find this proxy: ${(error as Error).message}`);
  let path: string;
  try {
    path = ownSocket('page');
  } catch (error) {
    tell(error);
    return () => {};
  }
  removeSocket(path);
  let answers: Promise<InspectorAnswers> | undefined;
  const server = createServer((socket) => {
    socket.unref();
    socket.on('error', () => socket.destroy());
    answers ??= load();
    answers.then(
      (loaded) => loaded.answer(socket),
      (error) => {
        tell(error);
        socket.destroy();
      },
    );
  });
  server.on('error', tell);
  server.listen(path).unref();
  return () => {
    server.close();
    void answers?.then((loaded) => loaded.close());
    removeSocket(path);
  };
}
