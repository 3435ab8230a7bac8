import fc from 'fast-check';
import { type CallOutcome, consecutiveFailures, countWindow, timeWindow } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { circuitConfig } from '../../machines/circuit-config.ts';
import { contextOf, fail, startCircuit, startHalfOpen, stateOf } from './start-circuit.ts';

const config = circuitConfig();

/** A call that took so long and ended at such an instant. */
const call = (isFailure: boolean, at = 0, durationMs: number | null = null): CallOutcome => ({
  isFailure,
  category: isFailure ? 'timeout' : null,
  durationMs,
  at,
  failuresInARow: isFailure ? 1 : 0,
});

/** Freezes an object and all that is in it: a strategy that changes it would throw. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}

interface Ended {
  readonly isFailure: boolean;
  readonly isSlow: boolean;
  readonly afterMs: number;
}
const ended: fc.Arbitrary<Ended> = fc.record({
  isFailure: fc.boolean(),
  isSlow: fc.boolean(),
  afterMs: fc.constantFrom(0, 0, 1, 3, 9, 10, 11, 50, 99, 100, 250),
});

describe('consecutive failures', () => {
  it('trip at the threshold, and remember nothing', () => {
    const at = (failuresInARow: number) => ({ ...call(true), failuresInARow });
    expect(consecutiveFailures.trips(null, at(6), config)).toBe(false);
    expect(consecutiveFailures.trips(null, at(7), config)).toBe(true);
    expect(consecutiveFailures.record(null, at(7))).toBeNull();
  });
});

describe('a count window', () => {
  it('is exactly the last calls, whatever they were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(ended, { maxLength: 200, size: 'max' }),
        (size, calls) => {
          const window = countWindow({ size, slowCallMs: 10 });
          let memory = deepFreeze(window.start);
          const all: Ended[] = [];
          for (const each of calls) {
            all.push(each);
            memory = deepFreeze(window.record(memory, call(each.isFailure, 0, each.isSlow ? 11 : 10)));
            const last = all.slice(-size);
            expect(memory).toMatchObject({
              calls: last.length,
              failures: last.filter(({ isFailure }) => isFailure).length,
              slow: last.filter(({ isSlow }) => isSlow).length,
            });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('holds no more than its size, after however many calls', () => {
    const window = countWindow({ size: 100 });
    let memory = window.start;
    for (let i = 0; i < 100_000; i++) memory = window.record(memory, call(i % 3 === 0));
    expect(memory.words.length).toBe(Math.ceil(100 / 15));
    expect(memory.failures).toBe(34);
  });

  it('says nothing before it is full, unless told to', () => {
    const trips = (options: object, failures: number) => {
      const window = countWindow({ size: 10, ...options });
      let memory = window.start;
      for (let i = 0; i < failures; i++) memory = window.record(memory, call(true));
      return window.trips(memory, call(true), config);
    };
    expect([trips({}, 9), trips({}, 10)]).toEqual([false, true]);
    expect([trips({ minCalls: 3 }, 2), trips({ minCalls: 3 }, 3)]).toEqual([false, true]);
  });

  it('trips at its rate, to the last digit', () => {
    const window = countWindow({ size: 100, failureRate: 0.07 });
    let memory = window.start;
    for (let i = 0; i < 93; i++) memory = window.record(memory, call(false));
    for (let i = 0; i < 6; i++) memory = window.record(memory, call(true));
    expect(window.trips(memory, call(true), config)).toBe(false);
    memory = window.record(memory, call(true));
    expect(window.trips(memory, call(true), config)).toBe(true);
  });
});

describe('a time window', () => {
  it('is exactly the calls of its slices, whatever they were and however long nobody called', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 3, 10),
        fc.array(ended, { maxLength: 100, size: 'max' }),
        (slices, calls) => {
          const window = timeWindow({ windowMs: 100, slices, slowCallMs: 10 });
          let memory = deepFreeze(window.start);
          let at = 0;
          const all: (Ended & { at: number })[] = [];
          const sliceOf = (instant: number) => Math.floor((instant * slices) / 100);
          for (const each of calls) {
            at += each.afterMs;
            all.push({ ...each, at });
            memory = deepFreeze(window.record(memory, call(each.isFailure, at, each.isSlow ? 11 : 10)));
            const last = all.filter((one) => sliceOf(one.at) > sliceOf(at) - slices);
            expect(memory).toMatchObject({
              calls: last.length,
              failures: last.filter(({ isFailure }) => isFailure).length,
              slow: last.filter(({ isSlow }) => isSlow).length,
            });
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('holds a count a slice, after however many calls', () => {
    const window = timeWindow({ windowMs: 1_000, slices: 10 });
    let memory = window.start;
    for (let i = 0; i < 100_000; i++) memory = window.record(memory, call(false, i));
    expect(memory.full.length).toBeLessThan(10);
    expect(memory.calls).toBe(1_000);
  });

  it('7: of ten slices of 3 s the oldest drops, alone', () => {
    const window = timeWindow({ windowMs: 30_000, slices: 10 });
    let memory = window.start;
    for (let slice = 0; slice < 10; slice++) memory = window.record(memory, call(true, slice * 3_000));
    expect(memory.calls).toBe(10);
    expect(window.record(memory, call(true, 29_999)).calls).toBe(11);
    expect(window.record(memory, call(true, 30_000)).calls).toBe(10);
  });

  it('counts a call that says it ended before the last one with the last one', () => {
    const window = timeWindow({ windowMs: 100 });
    const memory = window.record(window.record(window.start, call(true, 500)), call(true, 10));
    expect(memory).toMatchObject({ calls: 2, failures: 2 });
  });
});

describe.each([
  ['countWindow', countWindow],
  ['timeWindow', timeWindow],
] as const)('the settings of %s', (name, window) => {
  it.each([
    ['failureRate', [0, -1, 1.1, Number.NaN, '0.5', null]],
    ['minCalls', [0, -1, 1.5, Number.NaN, Infinity, '5']],
    ['slowCallMs', [0, -1, Number.NaN]],
    ['slowCallRate', [0, 1.1, Number.NaN]],
  ] as const)('refuse a bad %s by name and value', (field, values) => {
    for (const value of values) {
      expect(() => window({ [field]: value })).toThrow(RangeError);
      expect(() => window({ [field]: value })).toThrow(`${name}.${field} must be `);
      expect(() => window({ [field]: value })).toThrow(`got ${String(value)}`);
    }
  });

  it('refuse what is no setting', () => {
    expect(() => window({ failuresRate: 0.5 } as object)).toThrow(`${name}.failuresRate is no setting`);
  });
});

describe('the settings of the windows', () => {
  it('refuse a size that is none', () => {
    expect(() => countWindow({ size: 0 })).toThrow('countWindow.size must be a positive integer, got 0');
    expect(() => countWindow({ size: 5, minCalls: 6 })).toThrow(
      'countWindow.minCalls must be at most size (5), got 6',
    );
    expect(() => timeWindow({ windowMs: Infinity })).toThrow(
      'timeWindow.windowMs must be a finite number of milliseconds above 0, got Infinity',
    );
    expect(() => timeWindow({ slices: 1.5 })).toThrow(
      'timeWindow.slices must be a positive integer, got 1.5',
    );
  });
});

describe('a circuit with a strategy', () => {
  it('trips on a success that came too slowly, with no error to tell of', () => {
    const trip = countWindow({ size: 3, slowCallMs: 100, slowCallRate: 0.6 });
    const { circuit } = startCircuit({ trip });
    for (const durationMs of [500, 5, 500]) circuit.send({ type: 'SUCCESS', durationMs });
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit).lastErrorCategory).toBeNull();
  });

  it('takes a slow probe for a failed one', () => {
    const trip = countWindow({ size: 1, slowCallMs: 100 });
    const { circuit } = startHalfOpen({ trip, failureThreshold: 1 });
    circuit.send({ type: 'REQUEST' });
    circuit.send({ type: 'SUCCESS', durationMs: 101 });
    expect(stateOf(circuit)).toBe('open');
  });

  it('forgets its window when it closes', () => {
    const { circuit } = startHalfOpen({ trip: countWindow({ size: 4 }), failureThreshold: 4 });
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
    fail(circuit, 3);
    expect(stateOf(circuit)).toBe('closed');
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('may have one of the user’s own', () => {
    const seen: CallOutcome[] = [];
    const { circuit, clock } = startCircuit({
      trip: {
        start: 0,
        record: (sum: number, { isFailure }) => sum + (isFailure ? 1 : 0),
        trips: (sum: number, outcome) => {
          seen.push(outcome);
          return sum >= 2;
        },
      },
    });
    clock.advance(7);
    circuit.send({ type: 'FAILURE', category: 'network', durationMs: 5 });
    expect(seen[0]).toEqual({
      isFailure: true,
      category: 'network',
      durationMs: 5,
      at: 7,
      failuresInARow: 1,
    });
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    expect(stateOf(circuit)).toBe('closed');
    circuit.send({ type: 'FAILURE' });
    expect(stateOf(circuit)).toBe('open');
  });
});

describe('the verdict of several probes', () => {
  const probed = { failureThreshold: 1, halfOpenMaxProbes: 4, successThreshold: 3, probesPerVerdict: 4 };

  it('17: three successes, one ignored and one failure of four: closed', () => {
    const { circuit } = startHalfOpen(probed);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'FAILURE' });
    circuit.send({ type: 'FAILURE', category: 'invalidParameters' });
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('halfOpen');
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
  });

  it('18: three slow and one fast: open', () => {
    const trip = countWindow({ size: 1, slowCallMs: 100 });
    const { circuit } = startHalfOpen({ ...probed, trip });
    circuit.send({ type: 'SUCCESS', durationMs: 5 });
    circuit.send({ type: 'SUCCESS', durationMs: 500 });
    expect(stateOf(circuit)).toBe('halfOpen');
    circuit.send({ type: 'SUCCESS', durationMs: 500 });
    expect(stateOf(circuit)).toBe('open');
  });

  it('21: a ratio of 3 of 4, with S F S F: open', () => {
    const { circuit } = startHalfOpen(probed);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'FAILURE' });
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('halfOpen');
    circuit.send({ type: 'FAILURE' });
    expect(stateOf(circuit)).toBe('open');
  });

  it('lets another probe through in place of one that failed', () => {
    const { circuit } = startHalfOpen({ ...probed, halfOpenMaxProbes: 1 });
    for (const type of ['SUCCESS', 'FAILURE', 'SUCCESS', 'SUCCESS'] as const) {
      const { deniedRequests } = contextOf(circuit);
      circuit.send({ type: 'REQUEST' });
      expect(contextOf(circuit).deniedRequests).toBe(deniedRequests);
      circuit.send({ type });
    }
    expect(stateOf(circuit)).toBe('closed');
  });
});

describe('the backoff of a circuit that relapses', () => {
  it('starts over on each recovery, unless it is told when', () => {
    const again = (backoffResetMs: number, healthyMs: number) => {
      const { circuit, clock } = startHalfOpen({ failureThreshold: 1, minBackoffMs: 100, backoffResetMs });
      circuit.send({ type: 'SUCCESS' });
      clock.advance(healthyMs);
      fail(circuit);
      return contextOf(circuit).currentBackoffMs;
    };
    expect(again(0, 0)).toBe(100);
    expect(again(1_000, 999)).toBe(200);
    expect(again(1_000, 1_000)).toBe(100);
  });
});
