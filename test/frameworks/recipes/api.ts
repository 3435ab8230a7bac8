import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** An API of a model, on this machine. */
export interface Api {
  readonly url: string;
  close(): void;
}

/** Answers each request, whose body is JSON, with what `answer` makes of it. */
export async function serve<Body>(answer: (body: Body) => object): Promise<Api> {
  const server = createServer(async (request, response) => {
    const text = JSON.stringify(answer((await json(request)) as Body));
    response.setHeader('content-type', 'application/json').end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
