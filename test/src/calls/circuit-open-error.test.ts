import { CircuitOpenError, createToolRegistry, type Denial } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

const refused = (
  order: 'open' | 'isolated',
): { error: CircuitOpenError; denial: Denial; clock: ManualClock } => {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 1_500 } });
  if (order === 'open') registry.recordFailure('search', 'network');
  else registry.isolate('search');
  const denial = registry.tryAcquire('search');
  if (denial.admitted) throw new Error('admitted');
  return { error: new CircuitOpenError(denial), denial, clock };
};

describe('the error of a refused call', () => {
  it('says what its denial says, and when to try again also as an HTTP header in whole seconds', () => {
    const { error, clock } = refused('open');
    expect(error.retryAt).toBe(clock.wallNow() + 1_500);
    expect(error.headers).toEqual({ 'retry-after': '2' });
  });

  it('says no time where none is known', () => {
    const { error } = refused('isolated');
    expect([error.retryAt, error.headers]).toEqual([null, {}]);
  });

  it('leaves the stacks of other errors alone, even if it is made of what is no denial', () => {
    const limit = Error.stackTraceLimit;
    expect(() => new CircuitOpenError({ admitted: false } as Denial)).toThrow(TypeError);
    const after = Error.stackTraceLimit;
    Error.stackTraceLimit = limit;
    expect(after).toBe(limit);
  });
});
