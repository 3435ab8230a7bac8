import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasBrowser, openPage, openWindow } from './support/browser.ts';
import { start } from './support/started.ts';

/** An app of the built package for browsers, as a bundler makes it. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    format: 'iife',
    platform: 'browser',
    // The package as it is published, and not by this repository's paths to its sources.
    tsconfigRaw: {},
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** Serves an app at an origin of its own. */
async function serveApp(script: string): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : '<!doctype html><title>app</title><script src="app.js"></script>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe.skipIf(!hasBrowser)('toolfuse/inspect in a browser', { timeout: 30_000 }, () => {
  it('shows a registry of the browser at the inspector, by the real Stately client', async () => {
    const { inspector } = await start();
    const script = await bundle(`
      import { createWebSocketInspector } from '@statelyai/inspect';
      import { createToolRegistry } from 'toolfuse';
      import { attachInspector, inspect } from 'toolfuse/inspect';
      const registry = createToolRegistry({ circuit: { failureThreshold: 2, minBackoffMs: 60_000 } });
      registry.recordFailure('geolocation', 'timeout');
      attachInspector(registry, createWebSocketInspector({ url: '${inspector.appUrl}' }));
      Object.assign(globalThis, { registry, inspect });
    `);
    const { page, complaints } = await openPage(inspector);
    const app = await openWindow();
    await app.goto(await serveApp(script));
    const row = page.locator('.slot', { hasText: 'geolocation' });
    await row.getByText('closed').waitFor();
    await app.evaluate(() =>
      (
        globalThis as unknown as { registry: { recordFailure(...call: string[]): void } }
      ).registry.recordFailure('geolocation', 'timeout'),
    );
    await row.getByText('open').waitFor();
    expect(complaints).toEqual([]);
    const refused = await app.evaluate(() =>
      (globalThis as unknown as { inspect(): Promise<unknown> })
        .inspect()
        .catch((error: Error) => error.message),
    );
    expect(refused).toContain('the inspector is served by Node.js');
  });
});
