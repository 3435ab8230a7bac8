import { type CallContext, createToolRegistry, type ToolRegistry, timeWindow } from 'toolfuse';
import { describe, expect, it } from 'vitest';
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
    const registry = createToolRegistry();
    const { signal } = await signalOf(read, { registry, result });
    registry.stop();
    expect(signal.aborted).toBe(false);
  });

  it('aborts if the registry stops during the call', async () => {
    const registry = createToolRegistry();
    const { signal } = await signalOf(read, { registry, result: () => registry.stop() });
    expect(signal.reason).toMatchObject({ name: 'RegistryStoppedError', tool: 'search' });
  });

  it('aborts if the registry stops before a returned stream has ended', async () => {
    const registry = createToolRegistry();
    const { signal, value } = await signalOf(read, { registry, result: parts });
    await (value as AsyncGenerator<number>).next();
    registry.stop();
    expect(signal.aborted).toBe(true);
  });

  it.each(['reads it', 'leaves it'])('follows a stream no longer once its reader %s', async (how) => {
    const registry = createToolRegistry();
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
