import { createWindowReceiver } from '@xstate/inspect/es/browser.js';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClassicOptions } from '../../../src/inspect/classic/options.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
  vi.unstubAllGlobals();
});

/** The built package for browsers. */
async function inspectClassic(registry: ToolRegistry, options: ClassicOptions): Promise<() => void> {
  const path = '../../../dist/inspect/classic/browser.js';
  const built = (await import(path)) as typeof import('../../../src/inspect/classic/browser.ts');
  const detach = built.inspectClassic(registry, options);
  cleanUps.push(detach);
  return detach;
}

/** As much of two windows, that of the app and that of its viewer, as the package uses. */
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

interface Told {
  readonly type: string;
  readonly sessionId: string;
  readonly state?: { readonly value: unknown };
}

function openViewer({ app, viewer }: ReturnType<typeof windows>): Told[] {
  const told: Told[] = [];
  const receiver = createWindowReceiver({ window: viewer, targetWindow: app });
  receiver.subscribe((event) => told.push(event as unknown as Told));
  return told;
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

describe('the classic inspector in a browser', () => {
  it('tells a viewer in another window of the circuits and of their states', async () => {
    const both = windows();
    const registry = registryWith('search');
    await inspectClassic(registry, { iframe: false, targetWindow: both.viewer });
    const told = openViewer(both);
    // The receiver says that it is there before anybody can listen to it.
    both.app.postMessage({ type: 'xstate.inspecting' });
    expect(told.filter(({ type }) => type === 'service.register').map(({ state }) => state?.value)).toEqual([
      'operational',
      'closed',
    ]);
    registry.recordFailure('search', 'network');
    const { sessionId } = registry.tool('search');
    expect(
      told.findLast(({ type, sessionId: id }) => type === 'service.state' && id === sessionId)?.state?.value,
    ).toBe('open');
  });

  it.each([
    ['what is no JSON', '{', true],
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

  it('sends what a viewer sends on to the circuit, where it may', async () => {
    const both = windows();
    const registry = registryWith('search');
    await inspectClassic(registry, { iframe: false, targetWindow: both.viewer, controls: true });
    both.app.postMessage({ type: 'xstate.inspecting' });
    both.app.postMessage(event('{"type":"FAILURE"}', registry.tool('search').sessionId));
    expect(registry.state('search')).toBe('open');
  });
});
