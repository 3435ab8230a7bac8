import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createWebSocketReceiver } from '@xstate/inspect/es/browser.js';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { ClassicOptions } from '../../../../src/inspect/classic/options.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** The messages to a viewer, as the package's own receiver reads them. */
interface Told {
  readonly type: string;
  readonly sessionId: string;
  readonly id?: string;
  readonly machine?: { readonly id: string; readonly states: Readonly<Record<string, unknown>> };
  readonly state?: {
    readonly value: unknown;
    readonly context: Readonly<Record<string, unknown>>;
    matches(value: string): boolean;
  };
  readonly event?: { readonly name: string; readonly data: Readonly<Record<string, unknown>> };
}

const cleanUps: (() => unknown)[] = [];
beforeEach(() => {
  vi.stubGlobal('WebSocket', WebSocket);
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  vi.unstubAllGlobals();
});

/** The built package, which contains the XState v4 that the inspector needs. */
async function inspectClassic(registry: ToolRegistry, options: ClassicOptions): Promise<() => void> {
  const path = '../../../../dist/inspect/classic/index.js';
  const built = (await import(path)) as typeof import('../../../../src/inspect/classic/index.ts');
  const detach = built.inspectClassic(registry, options);
  cleanUps.push(detach);
  return detach;
}

function registryWith(...tools: string[]): ToolRegistry {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
  for (const tool of tools) registry.tool(tool);
  cleanUps.push(() => registry.stop());
  return registry;
}

async function webSocketServer() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  cleanUps.push(
    () =>
      new Promise<void>((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  );
  return { server, port: (server.address() as AddressInfo).port };
}

/** A viewer made of the package's own receiver. */
function viewer(port: number) {
  const told: Told[] = [];
  const receiver = createWebSocketReceiver({ server: `127.0.0.1:${port}`, serialize: undefined });
  receiver.subscribe((event) => told.push(event as unknown as Told));
  // The types require the receiver's own output as input.
  const send = receiver.send as (message: object) => void;
  return { told, send, registered: () => told.filter(({ type }) => type === 'service.register') };
}

describe('a registry in the classic inspector', () => {
  it('is registered with its circuits, in their current states', async () => {
    const registry = registryWith('search', 'shell');
    registry.recordFailure('shell', 'network');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server });
    const { registered } = viewer(port);

    await waitFor(() => expect(registered()).toHaveLength(3));
    expect(registered().map(({ machine, state }) => [machine?.id, state?.value])).toEqual([
      ['toolRegistry', 'operational'],
      ['toolCircuit', 'closed'],
      ['toolCircuit', 'open'],
    ]);
    const [, , shell] = registered();
    expect(shell?.state?.context).toMatchObject({ tool: 'shell', lastErrorCategory: 'network' });
    expect(Object.keys(shell?.machine?.states ?? {})).toEqual([
      'closed',
      'open',
      'halfOpen',
      'isolated',
      'disabled',
    ]);
  });

  it('reports new tools, events and states as they come', async () => {
    const registry = registryWith();
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server });
    const { told, registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(1));

    registry.tool('search');
    await waitFor(() => expect(registered()).toHaveLength(2));
    expect(registered()[1]?.id).toBe('search');
    registry.recordFailure('search', 'network');
    const id = registry.tool('search').sessionId;
    await waitFor(() =>
      expect(
        told.some(
          ({ type, sessionId, state }) =>
            type === 'service.state' && sessionId === id && state?.matches('open'),
        ),
      ).toBe(true),
    );
    const events = told.filter(({ type, sessionId }) => type === 'service.event' && sessionId === id);
    expect(events.at(-1)?.event).toMatchObject({
      name: 'FAILURE',
      data: { type: 'FAILURE', category: 'network' },
    });
    registry.reset('search');
    await waitFor(() => expect(told).toContainEqual({ type: 'service.stop', sessionId: id }));
  });

  it('shows delays under the names that v4 gives to their events', async () => {
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1, minBackoffMs: 20, maxBackoffMs: 20 },
    });
    cleanUps.push(() => registry.stop());
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server });
    const { told, registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(1));
    registry.recordFailure('search', 'network');
    await waitFor(() => expect(told.some(({ state }) => state?.matches('halfOpen'))).toBe(true));
    expect(told.map(({ event }) => event?.name)).toContain('xstate.after(backoff)#toolCircuit.open');
  });

  it('shows only what `sanitize` returns', async () => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, {
      server,
      sanitize: (value, { kind, actor }) =>
        kind === 'context' && actor === 'search' ? { hidden: true } : value,
    });
    const { registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(2));
    expect(registered()[1]?.state?.context).toEqual({ hidden: true });
  });

  it('is no longer shown after detaching, and the server stays open', async () => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    const detach = await inspectClassic(registry, { server });
    const { told, registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(2));
    detach();
    registry.recordFailure('search', 'network');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(told.filter(({ type }) => type === 'service.state')).toEqual([]);
    expect(server.clients.size).toBe(1);
  });
});

describe('a viewer that sends events', () => {
  const failure = (origin: string) => ({
    type: 'xstate.event' as const,
    event: JSON.stringify({
      name: 'FAILURE',
      data: { type: 'FAILURE', category: 'timeout' },
      $$type: 'scxml',
      type: 'external',
      origin,
    }),
    service: origin,
  });

  it('moves circuits if that is allowed', async () => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server, controls: true });
    const { told, send, registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(2));
    const { sessionId } = registry.tool('search');
    send(failure(sessionId));
    await waitFor(() => expect(registry.state('search')).toBe('open'));
    await waitFor(() => expect(told.some(({ state }) => state?.matches('open'))).toBe(true));
    // The viewer was notified of its own event once, and not again as the actor's event.
    expect(told.filter(({ event }) => event?.name === 'FAILURE')).toHaveLength(1);
  });

  it('moves no circuit otherwise', async () => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server });
    const { told, send, registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(2));
    send(failure(registry.tool('search').sessionId));
    // A later message has been answered, so this one was processed.
    send({ type: 'xstate.inspecting' });
    await waitFor(() => expect(registered()).toHaveLength(4));
    expect(registry.state('search')).toBe('closed');
    expect(told.filter(({ event }) => event?.name === 'FAILURE')).toEqual([]);
  });
});

describe('a viewer that is hostile', () => {
  it.each([
    ['invalid JSON', '{'],
    ['JSON that is not a message', '[null]'],
    ['a message of another kind', '{"type":"disconnect"}'],
    ['a message of the host', '{"type":"service.stop","sessionId":"x:1"}'],
    ['an event that is not JSON', '{"type":"xstate.event","event":"{"}'],
    [
      'an event for an unknown actor',
      '{"type":"xstate.event","event":"{\\"origin\\":\\"x:999\\",\\"data\\":{\\"type\\":\\"RESET\\"}}"}',
    ],
    ['an event without a type', '{"type":"xstate.event","event":"{\\"origin\\":\\"x:0\\",\\"data\\":{}}"}'],
    ['an endless message', `{"type":"xstate.inspecting","pad":"${'x'.repeat(200_000)}"}`],
    ['bytes', Buffer.from([0, 1, 2])],
  ])('sends %s, and the registry keeps running', async (_, message) => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server, controls: true });
    const hostile = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(hostile, 'open');
    hostile.send(message);
    const { registered } = viewer(port);
    await waitFor(() => expect(registered()).toHaveLength(2));
    registry.recordFailure('search', 'network');
    expect(registry.state('search')).toBe('open');
  });

  it('sends invalid frames, and the registry keeps running', async () => {
    const registry = registryWith('search');
    const { server, port } = await webSocketServer();
    await inspectClassic(registry, { server });
    const hostile = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(hostile, 'open');
    const closed = once(hostile, 'close');
    (hostile as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.alloc(64, 0xff));
    await closed;
    expect(registry.allowRequest('search')).toBe(true);
  });
});

describe('options of the classic inspector', () => {
  it.each([
    [{}, 'server must be a WebSocketServer of ws, got undefined'],
    [{ server: 'ws://localhost' }, 'server must be a WebSocketServer of ws, got ws://localhost'],
    [
      { port: 8888 },
      'inspectClassic.port is not a setting; the settings of inspectClassic are server, iframe, url, targetWindow, controls, sanitize',
    ],
    [{ controls: 'yes' }, 'controls must be true or false, got "yes"'],
    [{ sanitize: 'all' }, 'sanitize must be a function, got "all"'],
  ])('are refused: %j', async (options, message) => {
    await expect(inspectClassic(registryWith(), options as never)).rejects.toThrow(message);
  });
});
