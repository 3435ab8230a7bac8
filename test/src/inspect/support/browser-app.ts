import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

interface BundleOptions {
  /** Packages that replace others. */
  readonly alias?: Record<string, string>;
}

/** An app with the built package, bundled for browsers. */
export async function bundle(code: string, { alias = {} }: BundleOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('../../..', import.meta.url)) },
    bundle: true,
    format: 'iife',
    platform: 'browser',
    // Resolves the published package, not this repository's path mappings to its sources.
    tsconfigRaw: {},
    alias,
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** Serves a page with a script and a body at its own origin. */
export async function serveApp(script: string, body = ''): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript ? script : `<!doctype html><title>app</title>${body}<script src="app.js"></script>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
