import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { RecentErrors } from '../../../src/telemetry/recent-errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(clock = new ManualClock()) {
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000 },
    recovery: { maxOpenCircuits: 1, cooldownMs: 60_000 },
  });
  return { clock, registry };
}

describe('the facts about a recovery pause', () => {
  it('are empty while there is no pause', () => {
    expect(setUp().registry.recovery()).toEqual({
      isPaused: false,
      reason: null,
      runs: [],
      openCircuits: [],
      recentErrors: [],
      patterns: [],
      mayAsk: true,
      askAgainMs: 0,
    });
  });

  it('are the reason, the open circuits, the recent failures, and the repeated ones', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', new Error('read ECONNRESET 10.0.0.1:8080'));
    clock.advance(5);
    registry.recordFailure('search', new Error('read ECONNRESET 10.0.0.2:9090'));
    registry.recordFailure('fetch', 'rateLimit');
    expect(registry.recovery()).toEqual({
      isPaused: true,
      reason: '1 circuit open: search',
      runs: [],
      openCircuits: ['search'],
      recentErrors: [
        { tool: 'search', key: null, category: 'network', message: 'read ECONNRESET 10.0.0.1:8080', at: 0 },
        { tool: 'search', key: null, category: 'network', message: 'read ECONNRESET 10.0.0.2:9090', at: 5 },
        { tool: 'fetch', key: null, category: 'rateLimit', message: null, at: 5 },
      ],
      patterns: [
        {
          tool: 'search',
          key: null,
          category: 'network',
          message: 'read ECONNRESET 10.0.0.2:9090',
          count: 2,
          firstAt: 0,
          lastAt: 5,
        },
      ],
      mayAsk: true,
      askAgainMs: 0,
    });
  });

  it('leave out failures that did not count or came late', () => {
    const { registry } = setUp();
    const late = registry.tryAcquire('search');
    registry.recordFailure('search', 'invalidParameters');
    registry.isolate('search');
    if (late.admitted) late.failure('timeout');
    expect(registry.recovery().recentErrors).toEqual([]);
  });

  it('say not to ask again during the cooldown after the user said to go on', () => {
    const { clock, registry } = setUp();
    registry.isolate('search');
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    clock.advance(20_000);
    expect(registry.recovery()).toMatchObject({ isPaused: false, mayAsk: false, askAgainMs: 40_000 });
    clock.advance(40_000);
    expect(registry.recovery()).toMatchObject({ isPaused: true, mayAsk: true, askAgainMs: 0 });
  });

  it('allow to ask at once by a clock that begins below 0', () => {
    const { registry } = setUp(new ManualClock(-5_000));
    expect(registry.recovery()).toMatchObject({ mayAsk: true, askAgainMs: 0 });
  });
});

describe('recent errors', () => {
  const error = (at: number, message: string | null = null, tool = 'search') =>
    ({ tool, key: null, category: 'timeout', message, at }) as const;

  it('are the last hundred, oldest first', () => {
    const errors = new RecentErrors();
    for (let at = 0; at < 100_000; at++) {
      errors.add(error(at));
      if (at === 99)
        expect(errors.list().map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }
    expect(errors.list().map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, i) => 99_900 + i));
  });

  it.each([
    ['numbers', 'no answer after 100 ms', 'no answer after 2500 ms'],
    ['quoted names', 'cannot open "a.txt"', 'cannot open "b.txt"'],
    ['names in single quotes', "cannot open 'a'", "cannot open 'b'"],
    ['identifiers', 'request 0f3a9c1d failed', 'request 77e0d2ab failed'],
    [
      'long identifiers',
      'job 123e4567-e89b-12d3-a456-426614174000 failed',
      'job 00000000-aaaa-bbbb-cccc-426614174000 failed',
    ],
  ])('are one pattern where they differ in %s alone', (_, one, other) => {
    const errors = new RecentErrors();
    errors.add(error(1, one));
    errors.add(error(2, other));
    expect(errors.patterns()).toEqual([
      { tool: 'search', key: null, category: 'timeout', message: other, count: 2, firstAt: 1, lastAt: 2 },
    ]);
  });

  it('form no pattern if they differ in tool, category or message', () => {
    const errors = new RecentErrors();
    errors.add(error(1, 'boom'));
    errors.add(error(2, 'boom', 'fetch'));
    errors.add(error(3, 'bang'));
    errors.add({ ...error(4, 'boom'), category: 'network' });
    errors.add(error(5, null));
    expect(errors.patterns()).toEqual([]);
  });

  it('are listed by pattern, most frequent first', () => {
    const errors = new RecentErrors();
    for (const message of ['b', 'a', 'a', 'b', 'a']) errors.add(error(0, message));
    expect(errors.patterns().map(({ message, count }) => [message, count])).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });
});
