import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClassicOptions } from '../../../../src/inspect/classic/options.ts';
import { hasBrowser, openWindow } from '../support/browser.ts';
import { bundle, serveApp } from '../support/browser-app.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
  vi.unstubAllGlobals();
});

/** The built package for browsers. */
async function inspectClassic(registry: ToolRegistry, options: ClassicOptions): Promise<() => void> {
  const path = '../../../../dist/inspect/classic/browser.js';
  const built = (await import(path)) as typeof import('../../../../src/inspect/classic/browser.ts');
  const detach = built.inspectClassic(registry, options);
  cleanUps.push(detach);
  return detach;
}

/** The parts of two windows, the app's and the viewer's, that the package uses. */
function windows() {
  const make = () => {
    const target = new EventTarget();
    return Object.assign(target, {
      postMessage: (data: unknown) =>
        target.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) })),
    }) as unknown as Window;
  };
  const [app, viewer] = [make(), make()];
  vi.stubGlobal('window', app);
  return { app, viewer };
}

function registryWith(tool: string): ToolRegistry {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
  registry.tool(tool);
  cleanUps.push(() => registry.stop());
  return registry;
}

const event = (data: string, origin: string) => ({
  type: 'xstate.event',
  event: `{"name":"RESET","data":${data},"origin":"${origin}"}`,
});

/** A viewer's page with the package's own receiver, which records the state of each service. */
const viewerCode = `
  import { createWindowReceiver } from '@xstate/inspect/es/browser.js';
  createWindowReceiver({ window, targetWindow: window.parent }).subscribe(({ type, sessionId, state }) => {
    if (state === undefined) return;
    const known = document.getElementById(sessionId);
    const line = known ?? document.body.appendChild(Object.assign(document.createElement('p'), { id: sessionId }));
    line.textContent = state.value;
  });
`;

describe.skipIf(!hasBrowser)('the classic inspector in a real browser', () => {
  it('shows the circuits and their states to a viewer in a frame', async () => {
    const viewer = await serveApp(await bundle(viewerCode, { alias: { xstate: 'xstate-v4' } }));
    const app = await bundle(`
      import { createToolRegistry } from 'toolfuse';
      import { inspectClassic } from 'toolfuse/inspect/classic';
      const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
      registry.tool('search');
      inspectClassic(registry, { url: '${viewer}' });
      Object.assign(globalThis, { registry });
    `);
    const page = await openWindow();
    await page.goto(await serveApp(app, '<iframe data-xstate></iframe>'));
    const states = page.frameLocator('iframe').locator('p');
    await expect.poll(() => states.allInnerTexts()).toEqual(['operational', 'closed']);
    await page.evaluate(() =>
      (globalThis as unknown as { registry: ToolRegistry }).registry.recordFailure('search', 'network'),
    );
    await expect.poll(() => states.allInnerTexts()).toEqual(['operational', 'open']);
  });
});

describe('the classic inspector in a browser', () => {
  it.each([
    ['invalid JSON', '{', true],
    ['an event without a type', '{}', true],
    ['an event, where it may send none', '{"type":"FAILURE"}', false],
  ])('takes no notice of %s', async (_, data, controls) => {
    const both = windows();
    const registry = registryWith('search');
    await inspectClassic(registry, { iframe: false, targetWindow: both.viewer, controls });
    both.app.postMessage({ type: 'xstate.inspecting' });
    both.app.postMessage(event(data, registry.tool('search').sessionId));
    expect(registry.state('search')).toBe('closed');
  });

  it('passes a viewer’s events on to the circuit, if that is allowed', async () => {
    const both = windows();
    const registry = registryWith('search');
    await inspectClassic(registry, { iframe: false, targetWindow: both.viewer, controls: true });
    both.app.postMessage({ type: 'xstate.inspecting' });
    both.app.postMessage(event('{"type":"FAILURE"}', registry.tool('search').sessionId));
    expect(registry.state('search')).toBe('open');
  });
});
