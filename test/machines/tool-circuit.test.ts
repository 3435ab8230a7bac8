import fc from 'fast-check';
import {
  backoffLeftMs,
  type CircuitConfig,
  countWindow,
  type ErrorCategory,
  errorCategories,
  errorCategoryNames,
  initialContext,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolCircuitRef,
  toolCircuitMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';
import { checkProperty } from '../support/property.ts';
import {
  contextOf,
  delaysOf,
  fail,
  isAdmitted,
  type Standalone,
  startCircuit,
  startHalfOpen,
  startIsolated,
  startOpen,
  startParent,
  stateOf,
} from './start-circuit.ts';

const counted = errorCategoryNames.filter((name) => errorCategories[name].counted);
const ignored = errorCategoryNames.filter((name) => !errorCategories[name].counted);

const fresh = {
  failureCount: 0,
  lastFailureAt: null,
  lastErrorCategory: null,
  currentBackoffMs: 0,
  openedAt: null,
  openCount: 0,
  deniedRequests: 0,
  lastDeniedAt: null,
  probesInFlight: 0,
  probeStarts: [],
  probeSuccesses: 0,
  isolations: 0,
};
const thirtyDaysMs = 30 * 24 * 60 * 60 * 1_000;

function expectUnchangedBy(circuit: ToolCircuitRef, event: ToolCircuitEvent): void {
  const before = circuit.getSnapshot();
  circuit.send(event);
  expect(stateOf(circuit)).toBe(before.value);
  expect(contextOf(circuit)).toEqual(before.context);
}

/** A circuit made from a snapshot, with a state and a context, which has reported nothing. */
function restore(value: string, known: Partial<ToolCircuitContext>, clock: ManualClock): ToolCircuitRef {
  const input = { tool: 'shell', now: clock.now };
  const context = { ...initialContext(input), reportedState: null, ...known };
  const snapshot = toolCircuitMachine.resolveState({ value, context });
  return createActor(toolCircuitMachine, { snapshot, input, clock }).start();
}

describe('a new circuit', () => {
  it('is closed and fresh', () => {
    const { circuit } = startCircuit();
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toMatchObject({ ...fresh, tool: 'shell', generation: 0 });
  });

  it('has no timer', () => {
    expect(startCircuit().clock.timers).toBe(0);
  });

  it('accepts settings field by field', () => {
    const { circuit } = startCircuit({ failureThreshold: 2 });
    expect(contextOf(circuit).config).toMatchObject({ failureThreshold: 2, minBackoffMs: 5_000 });
  });
});

describe('a closed circuit', () => {
  it('admits every request without counting it', () => {
    expectUnchangedBy(startCircuit().circuit, { type: 'REQUEST' });
  });

  it('counts a failure, and keeps its instant and category', () => {
    const { circuit } = startCircuit({}, new ManualClock(40));
    circuit.send({ type: 'FAILURE', category: 'timeout' });
    expect(contextOf(circuit)).toMatchObject({
      ...fresh,
      failureCount: 1,
      lastFailureAt: 40,
      lastErrorCategory: 'timeout',
    });
  });

  it('reads a missing or unknown category as executionError', () => {
    const { circuit } = startCircuit();
    circuit.send({ type: 'FAILURE' });
    circuit.send({ type: 'FAILURE', category: 'constructor' as ErrorCategory });
    expect(contextOf(circuit)).toMatchObject({ failureCount: 2, lastErrorCategory: 'executionError' });
  });

  it.each(counted)('counts a failure of the kind %s', (category) => {
    const { circuit } = startCircuit();
    circuit.send({ type: 'FAILURE', category });
    expect(contextOf(circuit)).toMatchObject({ failureCount: 1, lastErrorCategory: category });
  });

  it.each(ignored)('ignores a failure of the kind %s', (category) => {
    const { circuit } = startCircuit();
    fail(circuit, 3);
    expectUnchangedBy(circuit, { type: 'FAILURE', category });
  });

  it('resets its count at a success, but keeps the instant and category of the last failure', () => {
    const { circuit } = startCircuit();
    circuit.send({ type: 'FAILURE', category: 'network', at: 0 });
    circuit.send({ type: 'SUCCESS' });
    expect(contextOf(circuit)).toMatchObject({
      failureCount: 0,
      lastFailureAt: 0,
      lastErrorCategory: 'network',
    });
  });

  it('stays closed one failure below the threshold, and trips at the threshold', () => {
    const { circuit } = startCircuit();
    fail(circuit, 6);
    expect(stateOf(circuit)).toBe('closed');
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('trips at the first failure if the threshold is 1', () => {
    expect(stateOf(startOpen({ failureThreshold: 1 }).circuit)).toBe('open');
  });

  it('trips with the shortest backoff, at the instant of the failure', () => {
    const { circuit } = startCircuit({}, new ManualClock(100));
    fail(circuit, 6);
    circuit.send({ type: 'FAILURE', category: 'rateLimit' });
    expect(contextOf(circuit)).toMatchObject({
      failureCount: 7,
      lastFailureAt: 100,
      lastErrorCategory: 'rateLimit',
      currentBackoffMs: 5_000,
      openedAt: 100,
      openCount: 1,
    });
  });

  it('ignores RELEASE', () => {
    expectUnchangedBy(startCircuit().circuit, { type: 'RELEASE' });
  });

  it('is isolated by ISOLATE', () => {
    expect(stateOf(startIsolated().circuit)).toBe('isolated');
  });
});

describe('the instant of an event', () => {
  it('is the event’s own', () => {
    const { circuit } = startCircuit({}, new ManualClock(100));
    circuit.send({ type: 'FAILURE', at: 60 });
    expect(contextOf(circuit).lastFailureAt).toBe(60);
  });

  it('may be 0', () => {
    const { circuit } = startCircuit({}, new ManualClock(100));
    circuit.send({ type: 'FAILURE', at: 0 });
    expect(contextOf(circuit).lastFailureAt).toBe(0);
  });

  it.each([101, Infinity, Number.NaN])('is now if the event says %d, which is not in the past', (at) => {
    const { circuit } = startCircuit({}, new ManualClock(100));
    circuit.send({ type: 'FAILURE', at });
    expect(contextOf(circuit).lastFailureAt).toBe(100);
  });

  it('cannot hasten the half-open state by being in the future', () => {
    const { circuit } = startOpen();
    circuit.send({ type: 'REQUEST', at: 5_000 });
    expect(stateOf(circuit)).toBe('open');
  });
});

describe('an open circuit', () => {
  it('denies a request, counts it and keeps its instant', () => {
    const { circuit, clock } = startOpen();
    clock.advance(10);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(10);
    expect(isAdmitted(circuit)).toBe(false);
    expect(contextOf(circuit)).toMatchObject({ deniedRequests: 2, lastDeniedAt: 20, openCount: 1 });
  });

  it('denies until the last millisecond of its backoff, and then becomes half-open by itself', () => {
    const { circuit, clock } = startOpen();
    clock.advance(4_999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 0, deniedRequests: 0 });
  });

  it('waits for resetTimeoutMs if its backoff is 0', () => {
    const { circuit, clock } = startOpen({ minBackoffMs: 0, resetTimeoutMs: 700 });
    expect(contextOf(circuit).currentBackoffMs).toBe(0);
    clock.advance(699);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('restarts its wait at a further failure and takes its category, and changes nothing else', () => {
    const { circuit, clock } = startOpen();
    clock.advance(4_000);
    const before = contextOf(circuit);
    circuit.send({ type: 'FAILURE', category: 'network' });
    expect(contextOf(circuit)).toEqual({ ...before, lastFailureAt: 4_000, lastErrorCategory: 'network' });
    clock.advance(4_999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it.each(ignored)('changes nothing at a failure of the kind %s', (category) => {
    const { circuit, clock } = startOpen();
    clock.advance(4_000);
    expectUnchangedBy(circuit, { type: 'FAILURE', category });
    clock.advance(1_000);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('does not shorten its wait for a failure with an instant before the last one’s', () => {
    const clock = new ManualClock(1_000);
    const { circuit } = startOpen({}, clock);
    clock.advance(2_000);
    circuit.send({ type: 'FAILURE', at: 3_000 });
    circuit.send({ type: 'FAILURE', at: 500 });
    expect(contextOf(circuit).lastFailureAt).toBe(3_000);
    clock.advance(4_999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('closes at a success', () => {
    const { circuit, clock } = startOpen();
    isAdmitted(circuit);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toMatchObject({
      ...fresh,
      openCount: 1,
      deniedRequests: 1,
      lastDeniedAt: 0,
    });
    expect(clock.timers).toBe(0);
  });

  it('changes nothing at RELEASE', () => {
    expectUnchangedBy(startOpen().circuit, { type: 'RELEASE' });
  });

  it('is isolated by ISOLATE, which ends its backoff', () => {
    const { circuit, clock } = startOpen();
    circuit.send({ type: 'ISOLATE' });
    expect(stateOf(circuit)).toBe('isolated');
    expect(clock.timers).toBe(0);
  });

  it('has one timer, however many failures restarted its wait', () => {
    const { circuit, clock } = startOpen();
    fail(circuit, 20);
    expect(clock.timers).toBe(1);
  });
});

describe('the rest of the backoff', () => {
  it('counts from the last failure, down to 0', () => {
    const { circuit, clock } = startOpen();
    clock.advance(1_000);
    expect(backoffLeftMs(contextOf(circuit), clock.now())).toBe(4_000);
    fail(circuit);
    expect(backoffLeftMs(contextOf(circuit), clock.now())).toBe(5_000);
    expect(backoffLeftMs(contextOf(circuit), clock.now() + 9_000)).toBe(0);
  });
});

describe('a timer', () => {
  it('that is late never denies: a request after the backoff is admitted as a probe', () => {
    const { circuit, clock } = startOpen();
    clock.advanceWithLateTimers(5_000);
    expect(stateOf(circuit)).toBe('open');
    expect(isAdmitted(circuit)).toBe(true);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit).probesInFlight).toBe(1);
  });

  it('that fires late, after the request, changes nothing', () => {
    const { circuit, clock } = startOpen();
    clock.advanceWithLateTimers(5_000);
    isAdmitted(circuit);
    const before = contextOf(circuit);
    clock.advance(1);
    expect(contextOf(circuit)).toEqual(before);
    expect(clock.timers).toBe(1);
  });

  it('that is late never denies: a request after probeTimeoutMs gets the slot of the hung probe', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000 });
    isAdmitted(circuit);
    clock.advanceWithLateTimers(1_000);
    expect(isAdmitted(circuit)).toBe(true);
    expect(contextOf(circuit).probesInFlight).toBe(1);
  });

  it('that fires early is set again, and the circuit stays open until its backoff ends', () => {
    let now = 0;
    const timers: (() => void)[] = [];
    const delays: number[] = [];
    const circuit = createActor(toolCircuitMachine, {
      input: { tool: 'shell', now: () => now, config: { failureThreshold: 1 } },
      clock: {
        setTimeout: (fn: () => void, ms: number) => {
          delays.push(ms);
          return timers.push(fn);
        },
        clearTimeout: () => {},
      },
    }).start();
    fail(circuit);
    now = 4_990;
    timers.shift()?.();
    expect(stateOf(circuit)).toBe('open');
    expect(delays).toEqual([5_000, 10]);
    now = 5_000;
    timers.shift()?.();
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('is never set for longer than 2^31 - 1 ms, and a longer backoff still lasts its full length', () => {
    const clock = new ManualClock();
    const delays = delaysOf(clock);
    const { circuit } = startOpen({ minBackoffMs: thirtyDaysMs, maxBackoffMs: thirtyDaysMs }, clock);
    clock.advance(thirtyDaysMs - 1);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it('gives a probe the full probeTimeoutMs, even beyond 2^31 ms', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: thirtyDaysMs });
    const delays = delaysOf(clock);
    isAdmitted(circuit);
    clock.advance(thirtyDaysMs - 1);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(1);
    expect(isAdmitted(circuit)).toBe(true);
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it.each([0, 0.1, 0.3, 1_234.567_8, 86_399.999_9])(
    'ends each wait once on a clock that began at %d ms and stands still while timers fire',
    (begin) => {
      const clock = new ManualClock(begin);
      let set = 0;
      const { setTimeout } = clock;
      // If the end of a wait set the timer again, this loop would not end.
      clock.setTimeout = (fn, ms) => (++set > 50 ? 0 : setTimeout(fn, ms));
      const { circuit } = startOpen({}, clock);
      clock.advance(5_001);
      expect(stateOf(circuit)).toBe('halfOpen');
      expect(isAdmitted(circuit)).toBe(true);
      clock.advance(60_001);
      expect(set).toBeLessThan(10);
      expect(contextOf(circuit).probesInFlight).toBe(0);
    },
  );
});

describe('a half-open circuit', () => {
  it('keeps its context from the open state', () => {
    expect(contextOf(startHalfOpen().circuit)).toMatchObject({
      failureCount: 7,
      lastFailureAt: 0,
      currentBackoffMs: 5_000,
      openedAt: 0,
      openCount: 1,
    });
  });

  it('admits one probe at a time, and denies the rest', () => {
    const { circuit } = startHalfOpen();
    expect([isAdmitted(circuit), isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, false, false]);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 1, deniedRequests: 2, lastDeniedAt: 5_000 });
  });

  it('admits halfOpenMaxProbes at a time', () => {
    const { circuit } = startHalfOpen({ halfOpenMaxProbes: 3 });
    expect(Array.from({ length: 5 }, () => isAdmitted(circuit))).toEqual([true, true, true, false, false]);
  });

  it('admits no more probes than its verdict needs, those counted that have failed', () => {
    const { circuit } = startHalfOpen({ halfOpenMaxProbes: 3, probesPerVerdict: 3 });
    isAdmitted(circuit);
    fail(circuit);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect([isAdmitted(circuit), isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, true, false]);
  });

  it('counts the request that ended the open state among its probes', () => {
    const { circuit, clock } = startOpen({ halfOpenMaxProbes: 2 });
    clock.advanceWithLateTimers(5_000);
    expect([isAdmitted(circuit), isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, true, false]);
  });

  it('admits every request if halfOpenMaxProbes is Infinity, without keeping a list of them', () => {
    const { circuit, clock } = startHalfOpen({ halfOpenMaxProbes: Infinity });
    for (let i = 0; i < 200; i++) expect(isAdmitted(circuit)).toBe(true);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 200, probeStarts: [] });
    clock.advance(thirtyDaysMs);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 200 });
    expect(isAdmitted(circuit)).toBe(true);
  });

  it('closes at a success, and clears everything except its counters', () => {
    const { circuit, clock } = startHalfOpen();
    isAdmitted(circuit);
    isAdmitted(circuit);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toMatchObject({
      ...fresh,
      openCount: 1,
      deniedRequests: 1,
      lastDeniedAt: 5_000,
    });
    expect(clock.timers).toBe(0);
  });

  it('closes at a success without a request, as the reference does', () => {
    const { circuit } = startHalfOpen();
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
  });

  it('closes only after successThreshold successes, one probe after another', () => {
    const { circuit } = startHalfOpen({ successThreshold: 3 });
    for (const after of ['halfOpen', 'halfOpen', 'closed']) {
      expect(isAdmitted(circuit)).toBe(true);
      circuit.send({ type: 'SUCCESS' });
      expect(stateOf(circuit)).toBe(after);
    }
  });

  it('starts counting successes again each time it becomes half-open', () => {
    const { circuit, clock } = startHalfOpen({ successThreshold: 2 });
    circuit.send({ type: 'SUCCESS' });
    fail(circuit);
    clock.advance(10_000);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('opens again at a counted failure, with a longer backoff from that instant', () => {
    const { circuit, clock } = startHalfOpen();
    clock.advance(1_000);
    isAdmitted(circuit);
    circuit.send({ type: 'FAILURE', category: 'serviceUnavailable' });
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit)).toMatchObject({
      failureCount: 7,
      lastFailureAt: 6_000,
      lastErrorCategory: 'serviceUnavailable',
      currentBackoffMs: 10_000,
      openedAt: 6_000,
      openCount: 2,
      probesInFlight: 0,
      probeStarts: [],
    });
    clock.advance(9_999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('opens at the first failure, even after successes', () => {
    const { circuit } = startHalfOpen({ successThreshold: 3 });
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'SUCCESS' });
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('lengthens the backoff up to its maximum, and starts over after closing', () => {
    const { circuit, clock } = startHalfOpen();
    const backoffs = [];
    for (let i = 0; i < 6; i++) {
      fail(circuit);
      backoffs.push(contextOf(circuit).currentBackoffMs);
      clock.advance(contextOf(circuit).currentBackoffMs);
    }
    expect(backoffs).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
    circuit.send({ type: 'SUCCESS' });
    fail(circuit, 7);
    expect(contextOf(circuit).currentBackoffMs).toBe(5_000);
  });

  it.each(ignored)('frees a slot at a failure of the kind %s, without a verdict', (category) => {
    const { circuit } = startHalfOpen();
    const before = contextOf(circuit);
    isAdmitted(circuit);
    circuit.send({ type: 'FAILURE', category });
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit)).toEqual(before);
    expect(isAdmitted(circuit)).toBe(true);
  });

  it('gains no slot from an ignored failure that is not a probe’s', () => {
    const { circuit } = startHalfOpen();
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    expect(contextOf(circuit).probesInFlight).toBe(0);
    expect([isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, false]);
  });

  it('changes nothing at RELEASE', () => {
    expectUnchangedBy(startHalfOpen().circuit, { type: 'RELEASE' });
  });

  it('is isolated by ISOLATE, and forgets its probes', () => {
    const { circuit, clock } = startHalfOpen();
    isAdmitted(circuit);
    circuit.send({ type: 'ISOLATE' });
    expect(stateOf(circuit)).toBe('isolated');
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 0, probeStarts: [] });
    expect(clock.timers).toBe(0);
  });
});

describe('a probe that never reports', () => {
  it('loses its slot after probeTimeoutMs, and exactly one new probe follows', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000 });
    isAdmitted(circuit);
    clock.advance(999);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect([isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, false]);
  });

  it('has resetTimeoutMs by default', () => {
    const { circuit, clock } = startHalfOpen({ resetTimeoutMs: 2_000 });
    isAdmitted(circuit);
    clock.advance(1_999);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(1);
    expect(isAdmitted(circuit)).toBe(true);
  });

  it('is timed from its own start, not from when the circuit became half-open', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000 });
    clock.advance(900);
    isAdmitted(circuit);
    clock.advance(999);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(1);
    expect(isAdmitted(circuit)).toBe(true);
  });

  it('is timed independently of later probes', () => {
    const { circuit, clock } = startHalfOpen({ halfOpenMaxProbes: 2, probeTimeoutMs: 1_000 });
    isAdmitted(circuit);
    clock.advance(400);
    isAdmitted(circuit);
    clock.advance(600);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 1, probeStarts: [5_400] });
    clock.advance(399);
    expect(contextOf(circuit).probesInFlight).toBe(1);
    clock.advance(1);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 0, probeStarts: [] });
  });

  it('stays the oldest even if a later one has an earlier instant', () => {
    const { circuit, clock } = startHalfOpen({ halfOpenMaxProbes: 2, probeTimeoutMs: 10_000 });
    const began = clock.now() + 4_000;
    clock.advance(4_000);
    circuit.send({ type: 'REQUEST' });
    circuit.send({ type: 'REQUEST', at: began - 3_000 });
    expect(contextOf(circuit).probeStarts).toEqual([began, began]);
    clock.advance(9_999);
    expect(contextOf(circuit).probesInFlight).toBe(2);
    clock.advance(1);
    expect(contextOf(circuit).probesInFlight).toBe(0);
  });

  it('does not get more time from requests that are denied meanwhile', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000 });
    isAdmitted(circuit);
    for (let i = 0; i < 9; i++) {
      clock.advance(100);
      expect(isAdmitted(circuit)).toBe(false);
    }
    clock.advance(100);
    expect(isAdmitted(circuit)).toBe(true);
  });

  it('does not cost a later probe its slot after an earlier probe has reported', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000, successThreshold: 2 });
    isAdmitted(circuit);
    clock.advance(900);
    circuit.send({ type: 'SUCCESS' });
    isAdmitted(circuit);
    clock.advance(999);
    expect(contextOf(circuit).probesInFlight).toBe(1);
    clock.advance(1);
    expect(contextOf(circuit).probesInFlight).toBe(0);
  });

  it('gives no verdict: backoff, successes and generation do not change', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000, successThreshold: 3 });
    circuit.send({ type: 'SUCCESS' });
    const before = contextOf(circuit);
    isAdmitted(circuit);
    clock.advance(1_000);
    expect(contextOf(circuit)).toEqual(before);
  });

  it('leaves no timer behind if no other probe follows', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 1_000 });
    isAdmitted(circuit);
    clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });
});

describe('an isolated circuit', () => {
  it('denies every request, and counts them', () => {
    const { circuit, clock } = startIsolated();
    clock.advance(9);
    expect(isAdmitted(circuit)).toBe(false);
    expect(contextOf(circuit)).toMatchObject({ deniedRequests: 1, lastDeniedAt: 9 });
  });

  it('keeps the instant of its isolation, and does not count as tripped', () => {
    const { circuit, clock } = startCircuit();
    clock.advance(50);
    circuit.send({ type: 'ISOLATE' });
    expect(contextOf(circuit)).toMatchObject({ ...fresh, isolations: 1, openedAt: 50 });
  });

  it.each<ToolCircuitEvent>([
    { type: 'SUCCESS' },
    { type: 'FAILURE' },
    { type: 'FAILURE', category: 'cancelled' },
  ])('changes nothing at $type', (event) => {
    expectUnchangedBy(startIsolated().circuit, event);
  });

  it('has no timer', () => {
    expect(startIsolated().clock.timers).toBe(0);
  });

  it('stays isolated until it has been released as often as it was isolated', () => {
    const { circuit } = startIsolated(3);
    for (const after of ['isolated', 'isolated', 'closed']) {
      circuit.send({ type: 'RELEASE' });
      expect(stateOf(circuit)).toBe(after);
    }
    expect(contextOf(circuit)).toMatchObject(fresh);
  });

  it('keeps its first instant through further isolations', () => {
    const { circuit, clock } = startIsolated();
    clock.advance(10);
    circuit.send({ type: 'ISOLATE' });
    expect(contextOf(circuit)).toMatchObject({ openedAt: 0, isolations: 2 });
  });

  it('closes when released, whatever its state was before, and keeps its counters', () => {
    const { circuit } = startOpen();
    isAdmitted(circuit);
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'RELEASE' });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toMatchObject({ ...fresh, openCount: 1, deniedRequests: 1, lastDeniedAt: 0 });
  });

  it('starts counting isolations again when it is isolated again', () => {
    const { circuit } = startIsolated(2);
    circuit.send({ type: 'RESET' });
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'RELEASE' });
    expect(stateOf(circuit)).toBe('closed');
  });
});

const inEveryState: [string, () => Standalone][] = [
  [
    'closed',
    () => {
      const started = startCircuit();
      fail(started.circuit, 3);
      return started;
    },
  ],
  ['open', () => startOpen()],
  ['halfOpen', () => startHalfOpen()],
  ['isolated', () => startIsolated(2)],
];

describe('a timed isolation', () => {
  it.each([
    [1_000, 1_000],
    [0, 0],
    [-1, null],
    [Number.NaN, null],
    ['1000', null],
    [null, null],
    [undefined, null],
  ])('for %j ms ends at %j', (forMs, until) => {
    const { circuit } = startCircuit();
    circuit.send({ type: 'ISOLATE', forMs: forMs as number });
    expect(contextOf(circuit)).toMatchObject({ isolatedUntil: until, isolations: until === null ? 1 : 0 });
  });

  it('has a timer, unless there is another one without an end', () => {
    const { circuit, clock } = startCircuit();
    circuit.send({ type: 'ISOLATE', forMs: 1_000 });
    expect(clock.timers).toBe(1);
    circuit.send({ type: 'ISOLATE' });
    expect(clock.timers).toBe(0);
    clock.advance(5_000);
    expect([stateOf(circuit), isAdmitted(circuit)]).toEqual(['isolated', false]);
  });

  it('that a snapshot knows nothing of lasts until it is released, without a timer', () => {
    const clock = new ManualClock();
    const circuit = restore('isolated', {}, clock);
    circuit.send({ type: 'RESUME' });
    expect([clock.timers, isAdmitted(circuit), stateOf(circuit)]).toEqual([0, false, 'isolated']);
    circuit.send({ type: 'RELEASE' });
    expect(stateOf(circuit)).toBe('closed');
  });
});

describe.each(inEveryState)('RESET while %s', (state, start) => {
  it('makes the circuit fresh and closed', () => {
    const { circuit } = start();
    expect(stateOf(circuit)).toBe(state);
    isAdmitted(circuit);
    isAdmitted(circuit);
    circuit.send({ type: 'RESET' });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toMatchObject(fresh);
  });

  it('keeps it alive, with its observers, and without a timer', () => {
    const { circuit, clock } = start();
    const seen: unknown[] = [];
    circuit.subscribe({ next: ({ value }) => seen.push(value), complete: () => seen.push('complete') });
    circuit.send({ type: 'RESET' });
    expect(seen).toEqual(['closed']);
    expect(circuit.getSnapshot().status).toBe('active');
    expect(clock.timers).toBe(0);
    fail(circuit, 7);
    expect(stateOf(circuit)).toBe('open');
  });

  it('begins a new generation: calls from before it no longer count', () => {
    const { circuit } = start();
    const { generation } = contextOf(circuit);
    circuit.send({ type: 'RESET' });
    expect(contextOf(circuit).generation).toBeGreaterThan(generation);
  });
});

describe.each(inEveryState)('DISARM while %s', (state, start) => {
  it('cancels every timer, and changes nothing else', () => {
    const { circuit, clock } = start();
    expectUnchangedBy(circuit, { type: 'DISARM' });
    expect(stateOf(circuit)).toBe(state);
    expect(clock.timers).toBe(0);
  });
});

describe('DISARM', () => {
  it('also cancels the timer of an isolation', () => {
    const { circuit, clock } = startCircuit();
    circuit.send({ type: 'ISOLATE', forMs: 1_000 });
    circuit.send({ type: 'DISARM' });
    expect(clock.timers).toBe(0);
  });

  it('also cancels the timer of a probe in flight', () => {
    const { circuit, clock } = startHalfOpen();
    isAdmitted(circuit);
    expect(clock.timers).toBe(1);
    circuit.send({ type: 'DISARM' });
    expect(clock.timers).toBe(0);
  });

  it('does not prevent a request after the backoff from being admitted', () => {
    const { circuit, clock } = startOpen();
    circuit.send({ type: 'DISARM' });
    clock.advance(5_000);
    expect(stateOf(circuit)).toBe('open');
    expect(isAdmitted(circuit)).toBe(true);
  });
});

describe('a circuit made from a snapshot', () => {
  const open = {
    lastFailureAt: 1_000,
    openedAt: 1_000,
    currentBackoffMs: 20_000,
    openCount: 3,
    failureCount: 7,
  };

  it('has no timer before RESUME, and then waits for the rest of its backoff', () => {
    const clock = new ManualClock(15_000);
    const circuit = restore('open', open, clock);
    expect(clock.timers).toBe(0);
    circuit.send({ type: 'RESUME' });
    expect(clock.timers).toBe(1);
    clock.advance(5_999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('becomes half-open as soon as the clock advances if nothing is left of its backoff', () => {
    const clock = new ManualClock(99_000);
    const circuit = restore('open', open, clock);
    circuit.send({ type: 'RESUME' });
    clock.advance(0);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it.each(['closed', 'open', 'halfOpen', 'isolated'] as const)(
    'reports to its parent that it starts as %s',
    (state) => {
      const clock = new ManualClock(15_000);
      const { parent, reports } = startParent(clock);
      const input = { tool: 'shell', now: clock.now };
      const context = { ...initialContext(input), ...open, isolations: 1, reportedState: null };
      const snapshot = toolCircuitMachine.resolveState({ value: state, context });
      const circuit = createActor(toolCircuitMachine, { parent, id: 'shell', snapshot, input }).start();
      expect(reports).toEqual([]);
      circuit.send({ type: 'RESUME' });
      circuit.send({ type: 'RESUME' });
      expect(reports).toEqual([{ type: 'CIRCUIT_BEGAN', tool: 'shell', key: null, state }]);
      expect(stateOf(circuit)).toBe(state);
    },
  );

  it('keeps its context at RESUME', () => {
    const clock = new ManualClock(15_000);
    const circuit = restore('open', open, clock);
    circuit.send({ type: 'RESUME' });
    expect(contextOf(circuit)).toMatchObject({ ...open, reportedState: 'open' });
  });

  it.each([
    ['open', { type: 'REQUEST' }, { type: 'REQUEST_DENIED', state: 'open' }],
    ['closed', { type: 'FAILURE' }, { type: 'TRIP_SPARED', state: 'closed' }],
  ] as const)(
    'before RESUME reports what it refuses or is spared as one that is %s',
    (value, event, report) => {
      const clock = new ManualClock(1_000);
      const { parent, reports } = startParent(clock);
      const config = { failureThreshold: 1 };
      const input = { tool: 'shell', now: clock.now, config, mayTrip: () => false };
      const context = { ...initialContext(input), ...(value === 'open' && open), reportedState: null };
      const snapshot = toolCircuitMachine.resolveState({ value, context });
      createActor(toolCircuitMachine, { parent, id: 'shell', snapshot, input }).start().send(event);
      expect(reports).toMatchObject([report]);
    },
  );
});

describe('RESUME of a circuit that is already running', () => {
  it.each(inEveryState)('changes nothing while %s', (_, start) => {
    expectUnchangedBy(start().circuit, { type: 'RESUME' });
  });

  it('does not lengthen the wait', () => {
    const { circuit, clock } = startOpen();
    clock.advance(4_000);
    circuit.send({ type: 'RESUME' });
    expect(clock.timers).toBe(1);
    clock.advance(1_000);
    expect(stateOf(circuit)).toBe('halfOpen');
  });
});

describe('the generation', () => {
  it('grows with every change of state', () => {
    const { circuit, clock } = startCircuit({ failureThreshold: 1 });
    const generations = [contextOf(circuit).generation];
    const note = () => generations.push(contextOf(circuit).generation);
    const then = (event: 'FAILURE' | 'SUCCESS' | 'ISOLATE' | 'RELEASE') => {
      circuit.send({ type: event });
      note();
    };
    then('FAILURE');
    clock.advance(5_000);
    note();
    then('FAILURE');
    clock.advance(10_000);
    note();
    then('SUCCESS');
    then('ISOLATE');
    then('RELEASE');
    expect(generations).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('does not change within a state', () => {
    const { circuit } = startOpen();
    const { generation } = contextOf(circuit);
    fail(circuit);
    isAdmitted(circuit);
    expect(contextOf(circuit).generation).toBe(generation);
  });
});

describe('a result of an earlier generation', () => {
  /** A circuit that has tripped and recovered since generation 0. */
  function startRecovered(): Standalone {
    const started = startHalfOpen();
    started.circuit.send({ type: 'SUCCESS' });
    fail(started.circuit, 3);
    return started;
  }
  const stamp = { generation: 0, probeStart: null };

  it.each<ToolCircuitEvent>([
    { type: 'SUCCESS', stamp },
    { type: 'FAILURE', stamp },
  ])('is counted as late by a circuit that has recovered since, and changes nothing else: $type', (event) => {
    const { circuit } = startRecovered();
    const before = contextOf(circuit);
    circuit.send(event);
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit)).toEqual({ ...before, lateResults: 1 });
  });
});

describe('a result of a probe', () => {
  /** A half-open circuit, and its two probes, the second begun 100 ms after the first. */
  function startProbes(config: Partial<CircuitConfig> = {}) {
    const started = startHalfOpen({
      halfOpenMaxProbes: 2,
      probeTimeoutMs: 1_000,
      successThreshold: 2,
      ...config,
    });
    const { circuit, clock } = started;
    const request = () => {
      const probeStart = clock.now();
      circuit.send({ type: 'REQUEST' });
      return { generation: contextOf(circuit).generation, probeStart };
    };
    const first = request();
    clock.advance(100);
    return { ...started, first, second: request() };
  }

  it('frees its own slot, and not the one of an older probe', () => {
    const { circuit, first, second } = startProbes();
    circuit.send({ type: 'SUCCESS', stamp: second });
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 1, probeStarts: [first.probeStart] });
  });

  it.each<ToolCircuitEvent['type']>(['SUCCESS', 'FAILURE', 'ABANDON'])(
    'without a start frees the oldest slot: %s',
    (type) => {
      const { circuit, second } = startProbes({ probesPerVerdict: 3 });
      const stamp = { generation: second.generation, probeStart: null };
      circuit.send({ type, stamp } as ToolCircuitEvent);
      expect(contextOf(circuit)).toMatchObject({ probesInFlight: 1, probeStarts: [second.probeStart] });
    },
  );

  it.each<ToolCircuitEvent['type']>(['SUCCESS', 'FAILURE'])(
    'is late once its slot was taken back, and changes nothing else: %s',
    (type) => {
      const { circuit, clock, first, second } = startProbes();
      clock.advance(900);
      const before = contextOf(circuit);
      expect(before.probeStarts).toEqual([second.probeStart]);
      circuit.send({ type, stamp: first } as ToolCircuitEvent);
      expect(stateOf(circuit)).toBe('halfOpen');
      expect(contextOf(circuit)).toEqual({ ...before, lateResults: 1 });
    },
  );

  it('is never late where probes are not limited, since no list of them is kept', () => {
    const { circuit, clock, first } = startProbes({ halfOpenMaxProbes: Infinity, successThreshold: 1 });
    clock.advance(5_000);
    circuit.send({ type: 'SUCCESS', stamp: first });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit).lateResults).toBe(0);
  });

  it.each([null, 5, 'stamp', undefined])('with %j in place of a stamp is taken as it comes', (stamp) => {
    const { circuit } = startHalfOpen();
    circuit.send({ type: 'SUCCESS', stamp } as unknown as ToolCircuitEvent);
    expect(stateOf(circuit)).toBe('closed');
  });

  it.each([null, undefined])('with %j in place of a stamp frees the oldest slot', (stamp) => {
    const { circuit, second } = startProbes();
    circuit.send({ type: 'ABANDON', stamp } as unknown as ToolCircuitEvent);
    expect(contextOf(circuit).probeStarts).toEqual([second.probeStart]);
  });
});

describe('a failure that says how long the tool asks to be left alone', () => {
  const asks = (retryAfterMs: unknown, at?: number) =>
    ({ type: 'FAILURE', retryAfterMs, ...(at !== undefined && { at }) }) as ToolCircuitEvent;

  /** How long a circuit stays open that tripped at this failure, in ms. */
  function openMs(retryAfterMs: unknown): number {
    const { circuit, clock } = startCircuit({ failureThreshold: 1, minBackoffMs: 1_000 });
    circuit.send(asks(retryAfterMs));
    return backoffLeftMs(contextOf(circuit), clock.now());
  }

  it('keeps the circuit open for that long, if it is longer than the backoff', () => {
    expect([openMs(1_500), openMs(999)]).toEqual([1_500, 1_000]);
  });

  it('keeps it open for maxRetryAfterMs at most', () => {
    expect([openMs(300_000), openMs(300_001), openMs(Infinity)]).toEqual([300_000, 300_000, 300_000]);
  });

  it.each([0, -5_000, Number.NaN, '5000', null])('says nothing by %j', (retryAfterMs) => {
    expect(openMs(retryAfterMs)).toBe(1_000);
    const { circuit } = startCircuit();
    circuit.send(asks(retryAfterMs));
    expect(contextOf(circuit).notBefore).toBeNull();
  });

  it('counts from the instant of the failure', () => {
    const { circuit } = startCircuit({}, new ManualClock(10_000));
    circuit.send(asks(2_000, 9_000));
    expect(contextOf(circuit).notBefore).toBe(11_000);
  });

  it('shortens no wait that was asked for before', () => {
    const { circuit, clock } = startOpen({ minBackoffMs: 1_000 });
    circuit.send(asks(8_000));
    clock.advance(100);
    circuit.send(asks(2_000));
    circuit.send({ type: 'FAILURE' });
    clock.advance(7_899);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('before the trip is remembered until a success', () => {
    const { circuit } = startCircuit({ failureThreshold: 2, minBackoffMs: 1_000 });
    circuit.send(asks(8_000));
    circuit.send({ type: 'SUCCESS' });
    expect(contextOf(circuit).notBefore).toBeNull();
    circuit.send(asks(8_000));
    circuit.send({ type: 'FAILURE' });
    expect(backoffLeftMs(contextOf(circuit), 0)).toBe(8_000);
  });
});

describe('a circuit that trips again soon after it has recovered', () => {
  /** The backoff of a second trip so long after the recovery, in ms. */
  function secondBackoffMs(afterMs: number, backoffResetMs: number): number {
    const { circuit, clock } = startHalfOpen({ failureThreshold: 1, minBackoffMs: 1_000, backoffResetMs });
    fail(circuit);
    clock.advance(2_000);
    circuit.send({ type: 'SUCCESS' });
    clock.advance(afterMs);
    fail(circuit);
    return contextOf(circuit).currentBackoffMs;
  }

  it('goes on from its last backoff within backoffResetMs, and starts over after that', () => {
    expect([0, 499, 500].map((afterMs) => secondBackoffMs(afterMs, 500))).toEqual([4_000, 4_000, 1_000]);
  });

  it('starts over at once by default', () => {
    expect(secondBackoffMs(0, 0)).toBe(1_000);
  });

  it('takes the step after its last one', () => {
    const { circuit } = startHalfOpen({ failureThreshold: 1, backoffResetMs: 500 });
    circuit.send({ type: 'SUCCESS' });
    fail(circuit);
    expect(contextOf(circuit).backoffStep).toBe(1);
  });

  it('has not relapsed if it never tripped before', () => {
    const { circuit } = startCircuit({ failureThreshold: 1, backoffResetMs: Infinity });
    fail(circuit);
    expect(contextOf(circuit)).toMatchObject({ backoffStep: 0, currentBackoffMs: 5_000 });
  });
});

describe('a trip', () => {
  it('that is spared does not count as one once the circuit has tripped', () => {
    const clock = new ManualClock();
    let mayTrip = false;
    const input = { tool: 'shell', now: clock.now, config: { failureThreshold: 1 }, mayTrip: () => mayTrip };
    const circuit = createActor(toolCircuitMachine, { input, clock }).start();
    fail(circuit);
    expect([stateOf(circuit), contextOf(circuit).tripIsSpared]).toEqual(['closed', true]);
    mayTrip = true;
    fail(circuit);
    expect([stateOf(circuit), contextOf(circuit).tripIsSpared]).toEqual(['open', false]);
  });

  it('waits for a random part of its backoff, by the chance that was given', () => {
    const clock = new ManualClock();
    const config = { failureThreshold: 1, minBackoffMs: 1_000, jitter: 'full' } as const;
    const input = { tool: 'shell', now: clock.now, config };
    const backoffs = [{}, { chance: () => 0.25 }].map((given) => {
      const circuit = createActor(toolCircuitMachine, { input: { ...input, ...given }, clock }).start();
      fail(circuit);
      return contextOf(circuit).currentBackoffMs;
    });
    expect(backoffs).toEqual([1_000, 750]);
  });

  it('happens at one instant, on whatever clock', () => {
    let ticks = 0;
    const input = { tool: 'shell', now: () => ++ticks, config: { failureThreshold: 1 } };
    const circuit = createActor(toolCircuitMachine, { input, clock: new ManualClock() }).start();
    fail(circuit);
    const { openedAt, lastFailureAt } = contextOf(circuit);
    expect([stateOf(circuit), openedAt]).toEqual(['open', lastFailureAt]);
  });
});

describe('CLOSE of a circuit that is closed', () => {
  it('begins a new generation: calls from before it no longer count', () => {
    const { circuit } = startCircuit({ failureThreshold: 1 });
    const { generation } = contextOf(circuit);
    circuit.send({ type: 'CLOSE' });
    expect(contextOf(circuit).generation).toBeGreaterThan(generation);
    circuit.send({ type: 'FAILURE', stamp: { generation, probeStart: null } });
    expect(stateOf(circuit)).toBe('closed');
  });
});

describe('a circuit that trips because its calls are slow', () => {
  const slow = { type: 'SUCCESS', durationMs: 201 } as const;
  const trip = countWindow({ size: 2, failureRate: 1, slowCallMs: 200, slowCallRate: 0.5 });

  it('does not blame an older failure’s category', () => {
    const { circuit } = startCircuit({ trip });
    circuit.send({ type: 'FAILURE', category: 'network' });
    circuit.send(slow);
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit)).toMatchObject({ failureCount: 0, lastErrorCategory: null });
  });

  it('keeps the category of the last failure if a timely success made the calls enough', () => {
    const { circuit } = startCircuit({ trip: countWindow({ size: 2, failureRate: 0.5, slowCallMs: 200 }) });
    circuit.send({ type: 'FAILURE', category: 'network' });
    circuit.send({ type: 'SUCCESS', durationMs: 200 });
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit).lastErrorCategory).toBe('network');
  });

  it('is spared the trip while disabled, and counts its calls', () => {
    const { circuit } = startCircuit({ trip });
    circuit.send({ type: 'DISABLE' });
    fail(circuit);
    circuit.send(slow);
    const { failureCount, tripMemory, tripIsSpared } = contextOf(circuit);
    expect({ failureCount, tripMemory, tripIsSpared }).toMatchObject({
      failureCount: 0,
      tripMemory: { calls: 2, failures: 1, slow: 1 },
      tripIsSpared: true,
    });
  });

  it('does not blame an older failure’s category for a slow probe either', () => {
    const { circuit } = startHalfOpen({
      failureThreshold: 1,
      trip: countWindow({ size: 1, slowCallMs: 200 }),
    });
    expect(contextOf(circuit).lastErrorCategory).toBe('executionError');
    circuit.send(slow);
    expect(stateOf(circuit)).toBe('open');
    expect(contextOf(circuit).lastErrorCategory).toBeNull();
  });
});

describe('a circuit without a parent', () => {
  it('sends no event, not even to itself', () => {
    const sent: string[] = [];
    const clock = new ManualClock();
    const circuit = createActor(toolCircuitMachine, {
      input: { tool: 'shell', now: clock.now, config: { failureThreshold: 1 } },
      clock,
      inspect: (event) => {
        if (event.type === '@xstate.event') sent.push(event.event.type);
      },
    }).start();
    fail(circuit);
    isAdmitted(circuit);
    circuit.send({ type: 'DISABLE' });
    fail(circuit);
    expect(contextOf(circuit).tripIsSpared).toBe(true);
    expect(sent).toEqual(['xstate.init', 'FAILURE', 'REQUEST', 'DISABLE', 'FAILURE']);
  });

  it('notifies its observers once per event', () => {
    const { circuit } = startOpen();
    let notices = 0;
    circuit.subscribe(() => notices++);
    isAdmitted(circuit);
    expect(notices).toBe(1);
  });
});

describe('a circuit with a parent', () => {
  function startChild(config: Partial<CircuitConfig> = {}) {
    const clock = new ManualClock();
    const { parent, reports } = startParent(clock);
    const input = { tool: 'shell', now: clock.now, config: { failureThreshold: 2, ...config } };
    const circuit = createActor(toolCircuitMachine, { parent, id: 'shell', input }).start();
    return { circuit, clock, reports };
  }
  const began = { type: 'CIRCUIT_BEGAN', tool: 'shell', key: null, state: 'closed' };
  const changed = (
    from: string,
    to: string,
    openCount: number,
    currentBackoffMs: number,
    category: unknown,
  ) => ({
    type: 'CIRCUIT_CHANGED',
    tool: 'shell',
    key: null,
    from,
    to,
    openCount,
    currentBackoffMs,
    lastErrorCategory: category,
  });

  it('reports that it has started', () => {
    expect(startChild().reports).toEqual([began]);
  });

  it('reports each change of state, with its cause and backoff', () => {
    const { circuit, clock, reports } = startChild();
    circuit.send({ type: 'FAILURE', category: 'network' });
    circuit.send({ type: 'FAILURE', category: 'timeout' });
    clock.advance(5_000);
    circuit.send({ type: 'FAILURE', category: 'rateLimit' });
    clock.advance(10_000);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'RELEASE' });
    expect(reports).toEqual([
      began,
      changed('closed', 'open', 1, 5_000, 'timeout'),
      changed('open', 'halfOpen', 1, 5_000, 'timeout'),
      changed('halfOpen', 'open', 2, 10_000, 'rateLimit'),
      changed('open', 'halfOpen', 2, 10_000, 'rateLimit'),
      changed('halfOpen', 'closed', 2, 0, null),
      changed('closed', 'isolated', 2, 0, null),
      changed('isolated', 'closed', 2, 0, null),
    ]);
  });

  it('reports each denial, with the state that refused', () => {
    const { circuit, clock, reports } = startChild();
    fail(circuit, 2);
    reports.length = 0;
    clock.advance(1_000);
    circuit.send({ type: 'REQUEST' });
    clock.advance(4_000);
    circuit.send({ type: 'REQUEST' });
    circuit.send({ type: 'REQUEST', at: 4_500 });
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'REQUEST' });
    const denied = (at: number, state: string) => ({
      type: 'REQUEST_DENIED',
      tool: 'shell',
      key: null,
      at,
      state,
      lastErrorCategory: 'executionError',
    });
    expect(reports).toEqual([
      denied(1_000, 'open'),
      changed('open', 'halfOpen', 1, 5_000, 'executionError'),
      denied(4_500, 'halfOpen'),
      changed('halfOpen', 'isolated', 1, 5_000, 'executionError'),
      denied(5_000, 'isolated'),
    ]);
  });

  it('reports only changes, not failures, successes, probes, resumption or further isolations', () => {
    const { circuit, clock, reports } = startChild({ successThreshold: 2, probeTimeoutMs: 100 });
    fail(circuit);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'RESET' });
    circuit.send({ type: 'RESUME' });
    expect(reports).toEqual([began]);
    fail(circuit, 2);
    reports.length = 0;
    fail(circuit);
    circuit.send({ type: 'RESUME' });
    expect(reports).toEqual([]);
    clock.advance(5_000);
    reports.length = 0;
    circuit.send({ type: 'REQUEST' });
    clock.advance(100);
    circuit.send({ type: 'REQUEST' });
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    expect(reports).toEqual([]);
    circuit.send({ type: 'ISOLATE' });
    reports.length = 0;
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'RELEASE' });
    expect(reports).toEqual([]);
  });

  it('reports a reset as closing', () => {
    const { circuit, reports } = startChild();
    fail(circuit, 2);
    circuit.send({ type: 'RESET' });
    expect(reports.at(-1)).toEqual(changed('open', 'closed', 0, 0, null));
  });

  it('reports a trip that it was spared, and which one was the first since a success', () => {
    const { circuit, reports } = startChild({ failureThreshold: 1 });
    circuit.send({ type: 'DISABLE' });
    reports.length = 0;
    circuit.send({ type: 'FAILURE', category: 'network' });
    circuit.send({ type: 'FAILURE', category: 'timeout' });
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'FAILURE' });
    const spared = { type: 'TRIP_SPARED', tool: 'shell', key: null, state: 'disabled', why: 'disabled' };
    expect(reports).toEqual([
      { ...spared, isFirst: true, lastErrorCategory: 'network' },
      { ...spared, isFirst: false, lastErrorCategory: 'timeout' },
      { ...spared, isFirst: true, lastErrorCategory: 'executionError' },
    ]);
  });

  it('reports the first trip that it is spared anew, once it was made to trip again and to observe again', () => {
    const { circuit, reports } = startChild({ failureThreshold: 1 });
    circuit.send({ type: 'OBSERVE' });
    reports.length = 0;
    fail(circuit, 2);
    circuit.send({ type: 'ENFORCE' });
    expect(contextOf(circuit)).toMatchObject({ isObserved: false, tripIsSpared: false });
    circuit.send({ type: 'OBSERVE' });
    fail(circuit);
    const spared = { type: 'TRIP_SPARED', tool: 'shell', why: 'observe' };
    expect(reports).toMatchObject([
      { ...spared, isFirst: true },
      { ...spared, isFirst: false },
      { ...spared, isFirst: true },
    ]);
  });
});

describe('a circuit in any sequence of events', () => {
  const events = fc.oneof(
    fc.constantFrom<ToolCircuitEvent>(
      { type: 'SUCCESS' },
      { type: 'FAILURE' },
      { type: 'FAILURE', category: 'cancelled' },
      { type: 'REQUEST' },
      { type: 'ISOLATE' },
      { type: 'RELEASE' },
      { type: 'RESUME' },
      { type: 'RESET' },
    ),
    fc.record({ advance: fc.integer({ min: 0, max: 4_000 }), late: fc.boolean() }),
  );
  const configs = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 3 }),
    minBackoffMs: fc.constantFrom(0, 1, 1_000),
    maxBackoffMs: fc.constantFrom(1_000, 5_000),
    resetTimeoutMs: fc.constantFrom(1, 3_000),
    halfOpenMaxProbes: fc.constantFrom(1, 2, 3, Infinity),
    successThreshold: fc.integer({ min: 1, max: 3 }),
    probeTimeoutMs: fc.constantFrom(1, 500, 3_000),
  });

  it('keeps its invariants', () => {
    checkProperty(
      fc.property(configs, fc.array(events, { maxLength: 60, size: 'max' }), (config, steps) => {
        const { circuit, clock } = startCircuit(config);
        for (const step of steps) {
          const before = circuit.getSnapshot();
          if (!('advance' in step)) circuit.send(step);
          else if (step.late) clock.advanceWithLateTimers(step.advance);
          else clock.advance(step.advance);
          const { value, context } = circuit.getSnapshot();

          if (value !== before.value) expect(context.generation).toBeGreaterThan(before.context.generation);
          expect(context.generation).toBeGreaterThanOrEqual(before.context.generation);
          expect(context.reportedState).toBe(value);
          expect(context.probesInFlight).toBeLessThanOrEqual(config.halfOpenMaxProbes);
          if (Number.isFinite(config.halfOpenMaxProbes)) {
            expect(context.probeStarts).toHaveLength(context.probesInFlight);
          }
          expect([...context.probeStarts]).toEqual([...context.probeStarts].sort((a, b) => a - b));
          if (value !== 'halfOpen') expect(context.probesInFlight).toBe(0);
          expect(context.isolations > 0).toBe(value === 'isolated');
          expect(context.openedAt === null).toBe(value === 'closed');
          if (value === 'closed') {
            expect(context.currentBackoffMs).toBe(0);
            expect(context.failureCount).toBeLessThan(config.failureThreshold);
          }
          if (value === 'closed' || value === 'isolated') expect(clock.timers).toBe(0);
          if (value === 'open' || context.probeStarts.length > 0) expect(clock.timers).toBe(1);
        }
        // No circuit gets stuck: after long enough, every circuit that is not isolated admits a call.
        clock.advance(20_000);
        expect(stateOf(circuit) === 'isolated' || isAdmitted(circuit)).toBe(true);
      }),
      { atLeast: 75, atMost: 300 },
    );
  });
});
