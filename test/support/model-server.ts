import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Asked, apis, type Json, type Turn } from './model-apis.ts';

/** A server that agents can ask as they ask their models. */
export interface ModelServer {
  readonly url: string;
  readonly close: () => void;
}

/**
 * Starts a server for the APIs of several providers.
 *
 * @param next Decides on each turn, by what the client has sent and by its request as it came.
 */
export async function startModelServer(next: (asked: Asked, request: string) => Turn): Promise<ModelServer> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const api = apis.find(({ path }) => path.test(request.url ?? ''));
    if (api === undefined || request.method !== 'POST') {
      response.writeHead(request.method === 'HEAD' ? 200 : 404, { 'content-type': 'application/json' });
      response.end(request.method === 'HEAD' ? undefined : '{"error":{"message":"there is no such path"}}');
      return;
    }
    const body = JSON.parse(sent) as Json;
    const events = api.events(next(api.read(body), sent), body);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [name, data] of events) {
      response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
    }
    response.end(api.last);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
