import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { describe, expect, it, onTestFinished } from 'vitest';

function setUp() {
  const registry = createToolRegistry();
  onTestFinished(() => registry.stop());
  const types: string[] = [];
  const watch = () =>
    registry.actor.system.inspect((event) => {
      if (event.type === '@xstate.event' && event.actorRef === registry.tool('search')) {
        types.push(event.event.type);
      }
    });
  return { registry, types, watch };
}

const ways: [string, (registry: ToolRegistry) => unknown][] = [
  ['execute', (registry) => registry.execute('search', () => 'found')],
  [
    'a permit',
    (registry) => {
      const permit = registry.tryAcquire('search');
      if (permit.admitted) permit.success();
    },
  ],
  ['recordSuccess', (registry) => registry.recordSuccess('search')],
];

describe('a healthy call of a closed circuit', () => {
  it.each(ways)(
    'is seen as a SUCCESS by an inspector, however often it was called before: %s',
    async (_, call) => {
      const { registry, types, watch } = setUp();
      for (let before = 0; before < 5; before += 1) await call(registry);
      const subscription = watch();
      for (let seen = 0; seen < 3; seen += 1) await call(registry);
      expect(types.filter((type) => type === 'SUCCESS')).toHaveLength(3);
      subscription.unsubscribe();
      types.length = 0;
      await call(registry);
      expect(types).toEqual([]);
      expect(registry.metrics()).toMatchObject({ calls: 9, successes: 9, lateResults: 0 });
    },
  );
});

describe('a call that says nothing about a closed circuit', () => {
  it('is seen by no inspector, for the circuit is told nothing', () => {
    const { registry, types, watch } = setUp();
    registry.recordSuccess('search');
    watch();
    const permit = registry.tryAcquire('search');
    if (permit.admitted) permit.release();
    registry.recordFailure('search', { message: 'no canvas', counts: false });
    expect(types).toEqual([]);
  });
});

describe('a failure that does not count', () => {
  it('is seen by an inspector too, and changes nothing', async () => {
    const { registry, types, watch } = setUp();
    registry.recordFailure('search', 'timeout');
    const { context } = registry.tool('search').getSnapshot();
    watch();
    registry.recordFailure('search', 'invalidParameters');
    await registry
      .execute('search', () => Promise.reject(Object.assign(new Error('no'), { status: 404 })))
      .catch(() => {});
    expect(types.filter((type) => type === 'FAILURE')).toHaveLength(2);
    expect(registry.tool('search').getSnapshot().context).toEqual(context);
  });

  it('is not counted as late because somebody inspects', async () => {
    const { registry, types, watch } = setUp();
    watch();
    const permit = registry.tryAcquire('search');
    registry.isolate('search');
    if (permit.admitted) permit.failure('invalidParameters');
    expect(types).not.toContain('FAILURE');
    expect(registry.metrics().lateResults).toBe(0);
  });
});
