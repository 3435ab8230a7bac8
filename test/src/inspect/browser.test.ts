import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage, openWindow } from './support/browser.ts';
import { bundle, serveApp } from './support/browser-app.ts';
import { start } from './support/started.ts';

describe.skipIf(!hasBrowser)('toolfuse/inspect in a browser', () => {
  it('shows a registry in a browser to the inspector, through the real Stately client', async () => {
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
