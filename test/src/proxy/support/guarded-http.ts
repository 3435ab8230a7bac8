import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before an HTTP server, and lets only requests with the right header pass. */
export class GuardedHttp {
  /** The header that a request must have. */
  word = 'Bearer s3cret';
  /** Whether it redirects everybody to its own `/mcp/`. */
  redirects = false;
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer((asked, answer) => {
      if (asked.headers.authorization !== this.word) {
        asked.resume();
        answer.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
        return;
      }
      const { method, url, headers } = asked;
      if (this.redirects && url === '/mcp') {
        asked.resume();
        answer.writeHead(307, { location: '/mcp/' }).end();
        return;
      }
      const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        given.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
  }

  static async before(port: number): Promise<GuardedHttp> {
    const guarded = new GuardedHttp(port);
    guarded.#server.listen(0, '127.0.0.1');
    await once(guarded.#server, 'listening');
    return guarded;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
