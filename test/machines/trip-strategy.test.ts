import { type CallOutcome, consecutiveFailures, countWindow, type TripStrategy } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { failure, walk } from './call-outcomes.ts';
import { contextOf, fail, isAdmitted, startCircuit, startHalfOpen, stateOf } from './start-circuit.ts';

describe('consecutive failures', () => {
  it('trip at failureThreshold failures in a row', () => {
    const inARow = [1, 2, 6, 7, 8].map((failuresInARow) => failure({ failuresInARow }));
    expect(walk(consecutiveFailures, inARow)).toEqual([false, false, false, true, true]);
  });

  it('need no memory', () => {
    expect(consecutiveFailures.record(null, failure())).toBeNull();
  });
});

describe('a custom strategy', () => {
  /** Trips at the second rate limit, whatever happens in between. */
  const twoRateLimits: TripStrategy<number> = {
    start: 0,
    record: (memory, { category }) => memory + (category === 'rateLimit' ? 1 : 0),
    trips: (memory) => memory >= 2,
  };

  it('decides alone when a circuit trips', () => {
    const { circuit } = startCircuit({ trip: twoRateLimits, failureThreshold: 1 });
    fail(circuit, 50);
    circuit.send({ type: 'FAILURE', category: 'rateLimit' });
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
    circuit.send({ type: 'FAILURE', category: 'rateLimit' });
    expect(stateOf(circuit)).toBe('open');
  });

  it('starts over after each recovery', () => {
    const { circuit } = startCircuit({ trip: twoRateLimits });
    for (const type of ['FAILURE', 'FAILURE', 'SUCCESS', 'FAILURE'] as const) {
      circuit.send(type === 'SUCCESS' ? { type } : { type, category: 'rateLimit' });
    }
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit).tripMemory).toBe(1);
  });

  it('receives each counted call, and no other', () => {
    const shown: CallOutcome[] = [];
    const trip: TripStrategy<null> = {
      start: null,
      record(_, call) {
        if (shown.at(-1)?.at !== call.at) shown.push(call);
        return null;
      },
      trips: () => false,
    };
    const { circuit, clock } = startCircuit({ trip });
    circuit.send({ type: 'FAILURE', category: 'network', durationMs: 40 });
    clock.advance(1);
    circuit.send({ type: 'FAILURE', category: 'invalidParameters' });
    clock.advance(1);
    circuit.send({ type: 'FAILURE' });
    clock.advance(1);
    circuit.send({ type: 'SUCCESS', durationMs: Number.NaN });
    expect(shown).toEqual([
      { isFailure: true, category: 'network', durationMs: 40, at: 0, failuresInARow: 1 },
      { isFailure: true, category: 'executionError', durationMs: null, at: 2, failuresInARow: 2 },
      { isFailure: false, category: null, durationMs: null, at: 3, failuresInARow: 0 },
    ]);
  });

  it('receives the settings of its circuit', () => {
    const trip: TripStrategy<null> = {
      start: null,
      record: () => null,
      trips: (_, __, config) => config.minBackoffMs === 1_234,
    };
    const { circuit } = startCircuit({ trip, minBackoffMs: 1_234 });
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });
});

describe('slow calls', () => {
  const trip = countWindow({ size: 2, failureRate: 1, slowCallMs: 100, slowCallRate: 1 });

  it('trip a circuit even if all of them succeeded', () => {
    const { circuit } = startCircuit({ trip, minBackoffMs: 1_000 });
    circuit.send({ type: 'SUCCESS', durationMs: 101 });
    expect(stateOf(circuit)).toBe('closed');
    circuit.send({ type: 'SUCCESS', durationMs: 101 });
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit)).toMatchObject({
      currentBackoffMs: 1_000,
      openCount: 1,
      failureCount: 0,
      lastErrorCategory: null,
    });
    expect(isAdmitted(circuit)).toBe(false);
  });

  it('fail as probes, but untimed calls do not', () => {
    const { circuit, clock } = startHalfOpen({ trip: { ...trip, trips: () => true }, minBackoffMs: 1_000 });
    circuit.send({ type: 'SUCCESS', durationMs: 101 });
    expect(stateOf(circuit)).toBe('open');
    clock.advance(2_000);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
  });
});

describe('a rate that reaches its limit with a success', () => {
  it('trips the circuit, which keeps the category of its last failure', () => {
    const { circuit } = startCircuit({ trip: countWindow({ size: 4, failureRate: 0.5 }) });
    for (let i = 0; i < 3; i++) circuit.send({ type: 'FAILURE', category: 'network' });
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit).lastErrorCategory).toBe('network');
  });
});
