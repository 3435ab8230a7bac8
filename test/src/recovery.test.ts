import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 10_000 },
    recovery: { maxOpenCircuits: 1, cooldownMs: 500 },
  });
  return { clock, registry };
}

describe('what a user should know of a recovery pause', () => {
  it('is nothing while all is well', () => {
    expect(setUp().registry.recovery()).toEqual({
      isPaused: false,
      reason: null,
      openCircuits: [],
      recentErrors: [],
      patterns: [],
      mayAsk: true,
      askAgainMs: 0,
    });
  });

  it('is why, what is open, and what failed of late', () => {
    const { clock, registry } = setUp();
    clock.advance(5);
    registry.recordFailure('shell', new Error('connect ECONNREFUSED 10.0.0.1:80'));
    clock.advance(5);
    registry.recordFailure('shell', new Error('connect ECONNREFUSED 10.0.0.2:81'));
    registry.recordFailure('search', 'rateLimit');
    registry.recordFailure('search', 'invalidParameters');
    expect(registry.recovery()).toEqual({
      isPaused: true,
      reason: '1 circuit open: shell',
      openCircuits: ['shell'],
      recentErrors: [
        { tool: 'shell', category: 'network', message: 'connect ECONNREFUSED 10.0.0.1:80', at: 5 },
        { tool: 'shell', category: 'network', message: 'connect ECONNREFUSED 10.0.0.2:81', at: 10 },
        { tool: 'search', category: 'rateLimit', message: null, at: 10 },
      ],
      patterns: [
        {
          tool: 'shell',
          category: 'network',
          message: 'connect ECONNREFUSED 10.0.0.2:81',
          count: 2,
          firstAt: 5,
          lastAt: 10,
        },
      ],
      mayAsk: true,
      askAgainMs: 0,
    });
  });

  it('is also when the user may be asked again', () => {
    const { clock, registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    clock.advance(100);
    expect(registry.recovery()).toMatchObject({ isPaused: false, mayAsk: false, askAgainMs: 400 });
    clock.advance(400);
    expect(registry.recovery()).toMatchObject({ isPaused: true, mayAsk: true, askAgainMs: 0 });
  });

  it('holds the last hundred errors, and no late ones', () => {
    const { registry } = setUp();
    const late = registry.tryAcquire('shell');
    for (let i = 0; i < 250; i++) registry.recordFailure(`tool-${i}`, 'network');
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    if (late.admitted) late.failure('network');
    const { recentErrors } = registry.recovery();
    expect(recentErrors).toHaveLength(100);
    expect(recentErrors[0]?.tool).toBe('tool-152');
    expect(recentErrors.at(-1)).toMatchObject({ tool: 'shell', category: 'timeout' });
  });

  it('tells patterns apart by tool, category and words, not by numbers and quoted names', () => {
    const { registry } = setUp();
    for (const [tool, message] of [
      ['a', 'job 1 "x" failed'],
      ['a', 'job 22 "y" failed'],
      ['a', 'job 3 "z" failed'],
      ['b', 'job 1 "x" failed'],
      ['a', 'something else'],
    ] as const) {
      registry.recordFailure(tool, new Error(message));
    }
    expect(registry.recovery().patterns).toMatchObject([
      { tool: 'a', message: 'job 3 "z" failed', count: 3 },
    ]);
  });
});
