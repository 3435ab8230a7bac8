import { Agent, createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A search that can be made to hang. */
export interface SearchServer {
  /** Searches. Rejects if there is no answer within the time limit. */
  search(query: string): Promise<string>;
  /** From now on, it takes requests and answers none. */
  hang(): void;
  /** It answers again. */
  recover(): void;
  stop(): void;
}

/** The error of a call that took too long. */
function timeoutError(limitMs: number): Error {
  return Object.assign(new Error(`no answer within ${limitMs} ms`), { name: 'TimeoutError' });
}

/**
 * Starts a web server on this machine that stands in for a search.
 *
 * @param limitMs How long each search may take, in ms.
 */
export async function startSearchServer(limitMs: number): Promise<SearchServer> {
  let isHung = false;
  const unanswered = new Set<ServerResponse>();
  const server = createServer(({ url = '/' }, response) => {
    if (isHung) unanswered.add(response);
    else response.end(`found ${decodeURIComponent(url.slice(1))}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  // With an agent of our own, no proxy of the environment comes between.
  const agent = new Agent();

  return {
    search: (query) =>
      new Promise((resolve, reject) => {
        const path = `/${encodeURIComponent(query)}`;
        const request = get({ host: '127.0.0.1', port, path, agent, timeout: limitMs }, (response) => {
          text(response).then(resolve, reject);
        });
        request.once('timeout', () => request.destroy(timeoutError(limitMs)));
        request.once('error', reject);
      }),
    hang() {
      isHung = true;
    },
    recover() {
      isHung = false;
      for (const response of unanswered) response.destroy();
      unanswered.clear();
    },
    stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
