import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  createBrowserInspector,
  createWebSocketInspector,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { InspectionEvent } from 'xstate';
import { attachInspector } from '../../../src/inspect/attach-inspector.ts';
import { chartModel } from '../../../src/inspect/chart/index.ts';
import { programFile } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function registryWith(...tools: string[]): ToolRegistry {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
  for (const tool of tools) registry.tool(tool);
  cleanUps.push(() => registry.stop());
  return registry;
}

/** The viewer's end of Stately's protocol, with the messages it has received. */
async function viewer(port = 0) {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const messages: StatelyInspectionEvent[] = [];
  server.on('connection', (socket) =>
    socket.on('message', (data) => messages.push(JSON.parse(String(data)))),
  );
  const close = () =>
    new Promise<void>((resolve) => {
      for (const client of server.clients) client.terminate();
      server.close(() => resolve());
    });
  cleanUps.push(close);
  return { port: (server.address() as AddressInfo).port, messages, close };
}

function webSocketInspector(port: number) {
  const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` });
  cleanUps.push(() => inspector.stop());
  return inspector;
}

/** The private socket of the package's inspector. */
const socketOf = ({ adapter }: { adapter: object }): WebSocket => (adapter as { ws: WebSocket }).ws;

const actorsIn = (messages: readonly StatelyInspectionEvent[]) =>
  messages.filter((message) => message.type === '@xstate.actor');

describe('the WebSocket inspector of @statelyai/inspect, attached to a registry', () => {
  it('receives the existing actors in their current states', async () => {
    const registry = registryWith('search', 'shell');
    registry.recordFailure('shell', 'timeout');
    const { port, messages } = await viewer();
    cleanUps.push(attachInspector(registry, webSocketInspector(port)));

    await waitFor(() => expect(actorsIn(messages)).toHaveLength(3));
    expect(actorsIn(messages).map(({ name, snapshot }) => [name, snapshot.value])).toEqual([
      ['toolfuse', 'operational'],
      ['search', 'closed'],
      ['shell', 'open'],
    ]);
    const [root, search] = actorsIn(messages);
    expect(search?.parentId).toBe(root?.sessionId);
    expect(chartModel(search?.definition).states.map(({ id }) => id)).toContain('halfOpen');
  });

  it('receives later changes: new tools, events and snapshots', async () => {
    const registry = registryWith();
    const { port, messages } = await viewer();
    cleanUps.push(attachInspector(registry, webSocketInspector(port)));
    await waitFor(() => expect(actorsIn(messages)).toHaveLength(1));

    registry.recordFailure('search', 'network');
    await waitFor(() => expect(actorsIn(messages)).toHaveLength(2));
    const id = actorsIn(messages)[1]?.sessionId;
    await waitFor(() =>
      expect(messages).toContainEqual(
        expect.objectContaining({
          type: '@xstate.snapshot',
          sessionId: id,
          snapshot: expect.objectContaining({ value: 'open' }),
        }),
      ),
    );
    expect(messages).toContainEqual(
      expect.objectContaining({
        type: '@xstate.event',
        sessionId: id,
        event: expect.objectContaining({ type: 'FAILURE', category: 'network' }),
      }),
    );
  });

  it('receives all tools, even if there are more than the package keeps messages', async () => {
    const registry = registryWith(...Array.from({ length: 500 }, (_, index) => `tool${index}`));
    const { port, messages } = await viewer();
    cleanUps.push(attachInspector(registry, webSocketInspector(port)));
    await waitFor(() => expect(actorsIn(messages)).toHaveLength(501));
    expect(actorsIn(messages)[0]?.name).toBe('toolfuse');
  });

  it('receives everything again when its server comes back, and nothing in the meantime', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    cleanUps.push(() => vi.useRealTimers());
    const registry = registryWith('search');
    const first = await viewer();
    const inspector = webSocketInspector(first.port);
    cleanUps.push(attachInspector(registry, inspector));
    await waitFor(() => expect(actorsIn(first.messages)).toHaveLength(2));
    await first.close();
    await waitFor(() => expect(socketOf(inspector).readyState).toBe(WebSocket.CLOSED));

    registry.recordFailure('search', 'network');
    const again = await viewer(first.port);
    inspector.start();
    vi.advanceTimersByTime(2_000);
    await waitFor(() => expect(actorsIn(again.messages)).toHaveLength(2));
    expect(actorsIn(again.messages)[1]).toMatchObject({ name: 'search', snapshot: { value: 'open' } });
    expect(again.messages.filter(({ type }) => type === '@xstate.event')).toEqual([]);
  });

  it('receives nothing after it is detached', async () => {
    const registry = registryWith();
    const { port, messages } = await viewer();
    const detach = attachInspector(registry, webSocketInspector(port));
    await waitFor(() => expect(messages).toHaveLength(1));
    detach();
    detach();
    registry.recordFailure('search', 'network');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(messages).toHaveLength(1);
  });

  it('does not keep a process alive, even if its server is running', async () => {
    const { port, messages } = await viewer();
    const child = spawn(process.execPath, [programFile('attached-process'), `ws://127.0.0.1:${port}`], {
      stdio: 'inherit',
    });
    cleanUps.push(() => child.kill());
    // A real process, because the test is about what keeps Node alive.
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
    expect(code).toBe(0);
    expect(actorsIn(messages).map(({ name }) => name)).toEqual(['toolfuse', 'search']);
  });

  it('reaches the package’s viewers through the package’s own server', async () => {
    const port = (await viewer().then(async ({ port: free, close }) => {
      await close();
      return free;
    })) as number;
    const server = createInspectorServer({ port, autoOpen: false });
    cleanUps.push(() => server.stop());
    const registry = registryWith('search');
    const inspector = webSocketInspector(port);
    cleanUps.push(attachInspector(registry, inspector));
    await waitFor(() => expect(socketOf(inspector).readyState).toBe(WebSocket.OPEN));

    const seen: StatelyInspectionEvent[] = [];
    const socket = new WebSocket(`ws://localhost:${port}`);
    cleanUps.push(() => socket.terminate());
    socket.on('message', (data) => seen.push(JSON.parse(String(data))));
    await waitFor(() => expect(actorsIn(seen).map(({ name }) => name)).toEqual(['toolfuse', 'search']));
  });
});

describe('the browser inspector of @statelyai/inspect, attached to a registry', () => {
  /** The part of a window that the package uses. */
  function openWindow() {
    const messages: StatelyInspectionEvent[] = [];
    const target = new EventTarget();
    const window = Object.assign(target, {
      open: () => ({ postMessage: (message: StatelyInspectionEvent) => messages.push(message) }),
    }) as unknown as Window;
    const connect = (): boolean =>
      target.dispatchEvent(new MessageEvent('message', { data: { type: '@statelyai.connected' } }));
    return { window, messages, connect };
  }

  it('receives the current actors whenever its page is opened', async () => {
    const { window, messages, connect } = openWindow();
    const registry = registryWith('search');
    cleanUps.push(attachInspector(registry, createBrowserInspector({ window })));
    connect();
    await waitFor(() => expect(actorsIn(messages).length).toBeGreaterThanOrEqual(2));
    registry.recordFailure('search', 'network');
    const before = messages.length;
    connect();
    await waitFor(() =>
      expect(actorsIn(messages.slice(before)).at(-1)).toMatchObject({
        name: 'search',
        snapshot: { value: 'open' },
      }),
    );
  });
});

describe('any inspection observer, attached to a registry', () => {
  it('receives the existing actors, and then every event', () => {
    const registry = registryWith('search');
    const events: InspectionEvent[] = [];
    cleanUps.push(attachInspector(registry, { next: (event) => events.push(event) }));
    expect(events.map(({ type, actorRef }) => [type, actorRef])).toEqual([
      ['@xstate.actor', registry.actor],
      ['@xstate.actor', registry.tool('search')],
    ]);
    registry.recordFailure('search', 'network');
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['@xstate.event', '@xstate.microstep', '@xstate.snapshot']),
    );
  });

  it('can throw without affecting the circuit', () => {
    const registry = registryWith();
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    cleanUps.push(() => print.mockRestore());
    const detach = attachInspector(registry, () => {
      throw new Error('not today');
    });
    registry.recordFailure('search', 'network');
    expect(registry.state('search')).toBe('open');
    expect(print).toHaveBeenCalledWith('toolfuse: the inspector threw', new Error('not today'));
    detach();
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
    ['ws://localhost', 'string'],
  ])('is not %j', (inspector, kind) => {
    expect(() => attachInspector(registryWith(), inspector as never)).toThrow(
      `inspector must be one of @statelyai/inspect, or an inspection observer, got ${kind}`,
    );
  });
});
