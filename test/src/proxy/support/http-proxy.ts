import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { HttpFront, type HttpFrontOptions } from '../../../../src/proxy/client/http-front.ts';
import { McpProxy } from '../../../../src/proxy/mcp-proxy.ts';
import { readOptions } from '../../../../src/proxy/options/read.ts';

/** Resolves when the next request has come to a server of this process, and was begun to be served. */
export function requestArrives(): Promise<void> {
  return new Promise((resolve) => {
    const onRequest = (): void => {
      unsubscribe('http.server.request.start', onRequest);
      setImmediate(resolve);
    };
    subscribe('http.server.request.start', onRequest);
  });
}

/** A proxy with real servers behind it, that speaks HTTP. */
export class HttpProxy {
  readonly proxy: McpProxy;
  readonly #front: HttpFront;
  readonly #lines: readonly string[];
  url = new URL('http://localhost');

  private constructor(proxy: McpProxy, lines: readonly string[], options: Partial<HttpFrontOptions>) {
    this.proxy = proxy;
    this.#lines = lines;
    const address = { host: '127.0.0.1', port: 0 };
    this.#front = new HttpFront({ proxy, address, idleTimeoutMs: 3_600_000, ...options });
  }

  static async listen(args: readonly string[], options: Partial<HttpFrontOptions> = {}): Promise<HttpProxy> {
    const lines: string[] = [];
    const proxy = await McpProxy.make(readOptions(['--log', 'none', '--listen', '0', ...args], {}), {
      writeLog: (line) => lines.push(line),
      isTerminal: false,
    });
    const http = new HttpProxy(proxy, lines, options);
    http.url = new URL(await http.#front.listen());
    return http;
  }

  /** What it has logged. Nothing without `--log json`. */
  get log(): string {
    return this.#lines.join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.end();
  }
}
