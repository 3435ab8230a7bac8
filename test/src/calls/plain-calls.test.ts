import { type CallContext, countWindow, createToolRegistry, type ToolRegistry, timeWindow } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const readings: [string, (context: CallContext) => Promise<AbortSignal>][] = [
  ['at once', async ({ signal }) => signal],
  [
    'after a wait',
    async (context) => {
      await settle();
      return context.signal;
    },
  ],
];

/** A registry whose time stands still, and which has seen so quick a call that the next ones are not timed: they share their endings. */
const usedRegistry = async (): Promise<ToolRegistry> => {
  const registry = createToolRegistry({ clock: new ManualClock() });
  for (let made = 0; made < 3; made++) await registry.execute('search', () => 0);
  return registry;
};

/** Makes a call that reads its signal, and keeps the signal. */
async function signalOf(
  read: (context: CallContext) => Promise<AbortSignal>,
  { registry, result }: { registry: ToolRegistry; result: () => unknown },
) {
  let signal = new AbortController().signal;
  const value: unknown = await registry
    .execute('search', async (context) => {
      signal = await read(context);
      return result();
    })
    .catch((error: unknown) => error);
  return { signal, value };
}

async function* parts(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}

describe.each(readings)('the signal of a call without options, read %s', (_, read) => {
  it.each([
    ['a value', () => 1],
    ['an error', () => Promise.reject(new Error('ECONNRESET'))],
  ])('no longer follows the registry once the call has ended with %s', async (_of, result) => {
    const registry = await usedRegistry();
    const { signal } = await signalOf(read, { registry, result });
    registry.stop();
    expect(signal.aborted).toBe(false);
  });

  it('aborts if the registry stops during the call', async () => {
    const registry = await usedRegistry();
    const { signal } = await signalOf(read, { registry, result: () => registry.stop() });
    expect(signal.reason).toMatchObject({ name: 'RegistryStoppedError', tool: 'search' });
  });

  it('aborts if the registry stops before a returned stream has ended', async () => {
    const registry = await usedRegistry();
    const { signal, value } = await signalOf(read, { registry, result: parts });
    await (value as AsyncGenerator<number>).next();
    registry.stop();
    expect(signal.aborted).toBe(true);
  });

  it.each(['reads it', 'leaves it'])('follows a stream no longer once its reader %s', async (how) => {
    const registry = await usedRegistry();
    const stream = parts();
    const calls = await Promise.all([
      signalOf(read, { registry, result: () => stream }),
      signalOf(read, { registry, result: () => stream }),
    ]);
    for (const { value } of calls) {
      for await (const _part of value as AsyncGenerator<number>) if (how === 'leaves it') break;
    }
    registry.stop();
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

it('a call of what is no function is refused, and says nothing about its tool', async () => {
  const registry = await usedRegistry();
  await expect(registry.execute('search', 5 as never)).rejects.toThrow('fn must be a function, got 5');
  expect(registry.diagnostics('search').failureCount).toBe(0);
});

describe('calls without options', () => {
  const setUp = () => {
    const clock = new ManualClock();
    return createToolRegistry({ clock, circuit: { failureThreshold: 2 } });
  };
  const succeed = async (): Promise<number> => 1;
  const fail = (): Promise<never> => Promise.reject(new Error('ECONNRESET'));

  it('each count, whatever the circuit did between them', async () => {
    const registry = setUp();
    await registry.execute('search', succeed);
    await registry.execute('search', succeed);
    await registry.execute('search', fail).catch(() => {});
    // The success must be told: it ends the row of failures.
    await registry.execute('search', succeed);
    await registry.execute('search', fail).catch(() => {});
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      successes: 3,
      failureCount: 1,
    });
    await registry.execute('search', fail).catch(() => {});
    expect(registry.state('search')).toBe('open');
    registry.tool('search').send({ type: 'CLOSE' });
    await registry.execute('search', succeed);
    expect(registry.diagnostics('search')).toMatchObject({ successes: 4, failures: { network: 3 } });
  });

  it('that end late do not move the circuit', async () => {
    const registry = setUp();
    await registry.execute('search', succeed);
    const late = registry.execute('search', () => settle().then(succeed));
    registry.recordFailure('search', 'timeout');
    registry.recordFailure('search', 'timeout');
    await late;
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'open',
      lateResults: 1,
      successes: 2,
    });
  });

  it('count nothing once the registry has stopped or the tool is forgotten', async () => {
    const registry = setUp();
    await registry.execute('search', succeed);
    const forgotten = registry.execute('search', () => settle().then(succeed));
    registry.reset('search');
    await forgotten;
    expect(registry.diagnostics('search')).toMatchObject({ successes: 0 });
    await registry.execute('search', succeed);
    const stopped = registry.execute('search', () => settle().then(succeed));
    registry.stop();
    await stopped;
    expect(registry.metrics().successes).toBe(2);
  });

  it('reject with the very value that the function rejected with', async () => {
    const registry = setUp();
    const error = new Error('ECONNRESET');
    await expect(registry.execute('search', () => Promise.reject(error))).rejects.toBe(error);
    const promise = Promise.resolve(1);
    await expect(registry.execute('search', () => Promise.reject(promise))).rejects.toBe(promise);
  });
});

describe('calls whose successes only the trip strategy remembers', () => {
  const succeed = async (): Promise<number> => 1;
  const setUp = async () => {
    // Its time stands still, so that calls are so quick that the next ones are not timed.
    const registry = createToolRegistry({
      clock: new ManualClock(),
      circuit: { trip: timeWindow() },
    });
    for (let made = 0; made < 3; made++) await registry.execute('search', succeed);
    return { registry, actor: registry.tool('search') };
  };
  const callsIn = ({ context }: { context: { tripMemory: unknown } }) =>
    (context.tripMemory as { calls: number }).calls;

  it('are seen, each one, by whoever subscribes', async () => {
    const { registry, actor } = await setUp();
    const seen: number[] = [];
    actor.subscribe((snapshot) => seen.push(callsIn(snapshot)));
    await registry.execute('search', succeed);
    expect(seen).toEqual([4]);
  });

  it('are seen by whoever begins to inspect', async () => {
    const { registry } = await setUp();
    const seen: string[] = [];
    registry.actor.system.inspect((event) => {
      if (event.type === '@xstate.event') seen.push(event.event.type);
    });
    await registry.execute('search', succeed);
    expect(seen).toEqual(['SUCCESS']);
  });

  it('leave a snapshot that was taken as it was', async () => {
    const { registry, actor } = await setUp();
    const before = actor.getSnapshot();
    await registry.execute('search', succeed);
    expect([callsIn(before), callsIn(actor.getSnapshot())]).toEqual([3, 4]);
  });
});

describe('calls that share how they end', () => {
  const boom = new Error('boom');

  it('count, and reject with what the function throws', async () => {
    const registry = await usedRegistry();
    const thrown = registry.execute('search', () => {
      throw boom;
    });
    await expect(thrown).rejects.toBe(boom);
    expect(registry.diagnostics('search')).toMatchObject({ successes: 3, failureCount: 1 });
  });

  it('count at the end of a stream, or fail where it breaks', async () => {
    const registry = await usedRegistry();
    const read = async (stream: () => AsyncGenerator<number>): Promise<number[]> => {
      const read: number[] = [];
      for await (const part of await registry.execute('search', stream)) read.push(part);
      return read;
    };
    expect(await read(parts)).toEqual([1, 2]);
    expect(registry.diagnostics('search').successes).toBe(4);
    const broken = read(async function* () {
      yield 1;
      throw boom;
    });
    await expect(broken).rejects.toBe(boom);
    expect(registry.diagnostics('search')).toMatchObject({ successes: 4, failureCount: 1 });
  });

  it('abort a signal at once that is read after the registry has stopped', async () => {
    const registry = await usedRegistry();
    await registry.execute('search', (context) => {
      registry.stop();
      expect(context.signal.reason).toMatchObject({ name: 'RegistryStoppedError' });
    });
  });

  it('are late alone where the function itself has changed the circuit', async () => {
    const registry = await usedRegistry();
    await registry.execute('search', () => {
      registry.isolate('search');
      registry.release('search');
      registry.tool('search').send({ type: 'CLOSE' });
    });
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', lateResults: 1 });
    for (let made = 0; made < 3; made++) await registry.execute('search', () => 0);
    expect(registry.diagnostics('search').lateResults).toBe(1);
  });

  it('are late alone also where the function makes calls that are not', async () => {
    const registry = await usedRegistry();
    const inner: Promise<unknown>[] = [];
    await registry.execute('search', () => {
      registry.isolate('search');
      registry.release('search');
      registry.tool('search').send({ type: 'CLOSE' });
      inner.push(registry.execute('search', () => 0));
      inner.push(registry.execute('search', () => registry.tool('search').send({ type: 'SUCCESS' })));
    });
    await Promise.all(inner);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', lateResults: 1 });
  });

  it('are seen, each one, by a step that has been added since', async () => {
    for (const hook of ['asked', 'ended'] as const) {
      const registry = await usedRegistry();
      let seen = 0;
      registry.intercept({ [hook]: () => void seen++ });
      for (let made = 0; made < 3; made++) await registry.execute('search', () => 0);
      expect(seen, hook).toBe(3);
    }
  });

  it('show a step what they returned, as any call does', async () => {
    const registry = await usedRegistry();
    const results: unknown[] = [];
    registry.intercept({ ended: (_, { result }) => results.push(result) });
    for (let made = 0; made < 2; made++) await registry.execute('search', () => 'found');
    expect(results).toEqual(['found', 'found']);
  });

  it('count nothing once the registry has stopped', async () => {
    const registry = await usedRegistry();
    const call = registry.execute('search', () => settle());
    registry.stop();
    await call;
    expect(registry.metrics().successes).toBe(3);
  });

  it('are not measured after one that was very quick, and then again', async () => {
    const registry = await usedRegistry();
    expect(registry.diagnostics('search')).toMatchObject({ calls: 3, latency: { calls: 1 } });
    for (let made = 0; made < 253; made++) await registry.execute('search', () => 0);
    expect(registry.diagnostics('search')).toMatchObject({ calls: 256, latency: { calls: 1 } });
    await registry.execute('search', () => 0);
    expect(registry.diagnostics('search').latency?.calls).toBe(2);
  });
});

it('a success that changes nothing is told to nobody who subscribes', async () => {
  const registry = await usedRegistry();
  const seen = vi.fn();
  registry.tool('search').subscribe(seen);
  for (let made = 0; made < 3; made++) await registry.execute('search', () => 0);
  registry.recordSuccess('search');
  registry.recordFailure('search', 'cancelled');
  expect(seen).not.toHaveBeenCalled();
});

it('a success ends the row of failures, whatever the trip strategy', async () => {
  for (const trip of [countWindow(), timeWindow()]) {
    const registry = createToolRegistry({ clock: new ManualClock(), circuit: { trip } });
    for (const end of ['success', 'failure', 'success', 'failure'] as const) {
      const late = registry.tryAcquire('search');
      const permit = registry.tryAcquire('search');
      if (permit.admitted && late.admitted) {
        permit[end]();
        late[end]();
      }
    }
    expect(registry.diagnostics('search').failureCount).toBe(2);
    registry.recordSuccess('search');
    expect(registry.diagnostics('search').failureCount).toBe(0);
  }
});

it('a success that changes nothing is seen all the same by whoever has begun to inspect', async () => {
  const registry = createToolRegistry({ clock: new ManualClock() });
  for (let made = 0; made < 3; made++) await registry.execute('search', async () => 1);
  const seen: string[] = [];
  registry.actor.system.inspect((event) => {
    if (event.type === '@xstate.event') seen.push(event.event.type);
  });
  await registry.execute('search', async () => 1);
  expect(seen).toEqual(['SUCCESS']);
});
