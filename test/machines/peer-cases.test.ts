import {
  countWindow,
  initialContext,
  type ToolCircuitEvent,
  timeWindow,
  toolCircuitMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';
import {
  contextOf,
  fail,
  isAdmitted,
  startCircuit,
  startHalfOpen,
  startIsolated,
  startOpen,
  startParent,
  stateOf,
} from './start-circuit.ts';

/** Cases from the test suites of other breakers, as far as they concern one circuit and bare events. */
describe('the cases of the peers', () => {
  it('1: with a threshold of six, five failures, a success and five failures leave it closed; a sixth opens it', () => {
    const { circuit } = startCircuit({ failureThreshold: 6 });
    fail(circuit, 5);
    circuit.send({ type: 'SUCCESS' });
    fail(circuit, 5);
    expect(stateOf(circuit)).toBe('closed');
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('2: it is open one millisecond before the end of the backoff, and half-open at its end', () => {
    const { circuit, clock } = startOpen({ minBackoffMs: 1_000 });
    clock.advance(999);
    expect(stateOf(circuit)).toBe('open');
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('3: two of three probes have succeeded and one is pending: a fourth is refused; when the third succeeds, closed', () => {
    const { circuit } = startHalfOpen({ halfOpenMaxProbes: 3, successThreshold: 3 });
    expect([isAdmitted(circuit), isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, true, true]);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'SUCCESS' });
    expect(isAdmitted(circuit)).toBe(false);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
  });

  it('4: four excluded outcomes while half-open change nothing; then one failure opens', () => {
    const { circuit } = startHalfOpen({ halfOpenMaxProbes: 4 });
    const before = contextOf(circuit);
    for (const category of ['cancelled', 'invalidParameters', 'authentication', 'policyViolation'] as const) {
      isAdmitted(circuit);
      circuit.send({ type: 'FAILURE', category });
    }
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit)).toEqual(before);
    isAdmitted(circuit);
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('7: only the oldest of ten buckets of three seconds is dropped', () => {
    const trip = timeWindow({ windowMs: 30_000, slices: 10, minCalls: 1_000 });
    const { circuit, clock } = startCircuit({ trip });
    const calls = () => contextOf(circuit).tripMemory as { calls: number; failures: number };
    for (let bucket = 1; bucket <= 10; bucket++) {
      for (let i = 0; i < bucket; i++) circuit.send({ type: 'FAILURE' });
      clock.advance(3_000);
    }
    circuit.send({ type: 'SUCCESS' });
    // The bucket with 1 failure has been dropped, and a success has been added.
    expect(calls()).toMatchObject({ calls: 55, failures: 54 });
    clock.advance(3_000);
    circuit.send({ type: 'SUCCESS' });
    expect(calls()).toMatchObject({ calls: 54, failures: 52 });
  });

  it('10: five reopenings, a close and three more: the backoff is at steps 0 1 2 3 4, 0 1 2', () => {
    const { circuit, clock } = startCircuit({ failureThreshold: 1, minBackoffMs: 1, maxBackoffMs: 1_000 });
    const step = () => {
      fail(circuit);
      const { currentBackoffMs } = contextOf(circuit);
      clock.advance(currentBackoffMs);
      expect(stateOf(circuit)).toBe('halfOpen');
      return Math.log2(currentBackoffMs);
    };
    expect([step(), step(), step(), step(), step()]).toEqual([0, 1, 2, 3, 4]);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
    expect([step(), step(), step()]).toEqual([0, 1, 2]);
  });

  it('11: a deadline that overflows is waited for, and does not end at once', () => {
    const clock = new ManualClock(Number.MAX_VALUE);
    const { circuit } = startOpen({ minBackoffMs: Number.MAX_VALUE, maxBackoffMs: Number.MAX_VALUE }, clock);
    expect(isAdmitted(circuit)).toBe(false);
    expect(stateOf(circuit)).toBe('open');
    expect(clock.timers).toBe(1);
  });

  it('12: a second failure that began while closed and ends while open emits no second opening', () => {
    const clock = new ManualClock();
    const { parent, reports } = startParent(clock);
    const input = { tool: 'shell', now: clock.now, config: { failureThreshold: 1 } };
    const circuit = createActor(toolCircuitMachine, { parent, id: 'shell', input }).start();
    fail(circuit);
    fail(circuit);
    expect(reports.filter((report) => (report as { to?: string }).to === 'open')).toHaveLength(1);
    expect(contextOf(circuit).openCount).toBe(1);
  });

  it('13: a hung probe and one probe timeout: exactly one new probe', () => {
    const { circuit, clock } = startHalfOpen();
    isAdmitted(circuit);
    clock.advance(60_000);
    expect([isAdmitted(circuit), isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, false, false]);
  });

  it('14: the rate is reached, but a slice expires and too few calls are left: closed', () => {
    const trip = timeWindow({ windowMs: 1_000, slices: 10, minCalls: 4, failureRate: 0.5 });
    const { circuit, clock } = startCircuit({ trip });
    fail(circuit, 3);
    clock.advance(1_000);
    fail(circuit, 3);
    expect(stateOf(circuit)).toBe('closed');
    clock.advance(900);
    fail(circuit);
    expect(stateOf(circuit)).toBe('open');
  });

  it('15: an isolated circuit stays isolated, however much time passes', () => {
    const { circuit, clock } = startIsolated();
    for (const ms of [1, 5_000, 120_000, 365 * 24 * 3_600_000]) {
      clock.advance(ms);
      expect(isAdmitted(circuit)).toBe(false);
      expect(stateOf(circuit)).toBe('isolated');
    }
  });

  it('16: with four slots, a fifth call is refused; when one slot is freed, one call is admitted', () => {
    const { circuit } = startHalfOpen({ halfOpenMaxProbes: 4 });
    for (let i = 0; i < 4; i++) expect(isAdmitted(circuit)).toBe(true);
    expect(isAdmitted(circuit)).toBe(false);
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    expect([isAdmitted(circuit), isAdmitted(circuit)]).toEqual([true, false]);
  });

  it('17: three of four must succeed: three successes, an ignored failure and a failure close it', () => {
    const { circuit } = startHalfOpen({ successThreshold: 3, probesPerVerdict: 4 });
    const probe = (event: ToolCircuitEvent) => {
      expect(isAdmitted(circuit)).toBe(true);
      circuit.send(event);
      return stateOf(circuit);
    };
    expect(probe({ type: 'SUCCESS' })).toBe('halfOpen');
    expect(probe({ type: 'FAILURE', category: 'invalidParameters' })).toBe('halfOpen');
    expect(probe({ type: 'FAILURE' })).toBe('halfOpen');
    expect(probe({ type: 'SUCCESS' })).toBe('halfOpen');
    expect(probe({ type: 'SUCCESS' })).toBe('closed');
  });

  it('18: two of four probes must succeed: three slow ones and a fast one open it', () => {
    const { circuit } = startHalfOpen({
      failureThreshold: 1,
      trip: countWindow({ size: 1, slowCallMs: 200 }),
      successThreshold: 2,
      probesPerVerdict: 4,
    });
    const probe = (durationMs: number) => {
      expect(isAdmitted(circuit)).toBe(true);
      circuit.send({ type: 'SUCCESS', durationMs });
      return stateOf(circuit);
    };
    expect([probe(201), probe(200), probe(201), probe(201)]).toEqual([
      'halfOpen',
      'halfOpen',
      'halfOpen',
      'open',
    ]);
  });

  it('19: after the longest wait in half-open it is still half-open, as fresh as at the beginning', () => {
    const { circuit, clock } = startHalfOpen({ probeTimeoutMs: 10_000, halfOpenMaxProbes: 2 });
    const fresh = contextOf(circuit);
    isAdmitted(circuit);
    isAdmitted(circuit);
    clock.advance(10_000);
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit)).toEqual(fresh);
  });

  it('21: three of four must succeed: a success, a failure, a success and a failure open it', () => {
    const { circuit } = startHalfOpen({ successThreshold: 3, probesPerVerdict: 4 });
    const states = (['SUCCESS', 'FAILURE', 'SUCCESS', 'FAILURE'] as const).map((type) => {
      expect(isAdmitted(circuit)).toBe(true);
      circuit.send({ type });
      return stateOf(circuit);
    });
    expect(states).toEqual(['halfOpen', 'halfOpen', 'halfOpen', 'open']);
    expect(contextOf(circuit)).toMatchObject({ backoffStep: 1, openCount: 2 });
  });

  it('23: isolated twice and released once, it is isolated; released twice, it is closed', () => {
    const { circuit } = startIsolated(2);
    circuit.send({ type: 'RELEASE' });
    expect(stateOf(circuit)).toBe('isolated');
    circuit.send({ type: 'RELEASE' });
    expect(stateOf(circuit)).toBe('closed');
  });

  it('24: restored while half-open, it admits a probe at once and keeps the backoff step', () => {
    const clock = new ManualClock(500);
    const input = { tool: 'shell', now: clock.now };
    const snapshot = toolCircuitMachine.resolveState({
      value: 'halfOpen',
      context: {
        ...initialContext(input),
        reportedState: null,
        currentBackoffMs: 20_000,
        baseBackoffMs: 20_000,
        openedAt: 0,
        openCount: 3,
      },
    });
    const circuit = createActor(toolCircuitMachine, { snapshot, input, clock }).start();
    circuit.send({ type: 'RESUME' });
    expect(isAdmitted(circuit)).toBe(true);
    fail(circuit);
    expect(contextOf(circuit)).toMatchObject({ currentBackoffMs: 40_000, openCount: 4, openedAt: 500 });
  });

  it('25: a cancelled probe and then a successful one close it', () => {
    const { circuit } = startHalfOpen();
    isAdmitted(circuit);
    circuit.send({ type: 'FAILURE', category: 'cancelled' });
    expect(isAdmitted(circuit)).toBe(true);
    circuit.send({ type: 'SUCCESS' });
    expect(stateOf(circuit)).toBe('closed');
  });

  it('26: an ignored error while half-open does not close it', () => {
    const { circuit } = startHalfOpen();
    isAdmitted(circuit);
    circuit.send({ type: 'FAILURE', category: 'invalidParameters' });
    expect(stateOf(circuit)).toBe('halfOpen');
    expect(contextOf(circuit).probeSuccesses).toBe(0);
  });

  it('27: a factor of 1e308 is clamped to the longest backoff', () => {
    const { circuit } = startHalfOpen({ backoffFactor: 1e308 });
    fail(circuit);
    expect(contextOf(circuit).currentBackoffMs).toBe(120_000);
  });

  it('27: invalid arguments never count', () => {
    const { circuit } = startCircuit({ failureThreshold: 1 });
    for (let i = 0; i < 1_000; i++) circuit.send({ type: 'FAILURE', category: 'invalidParameters' });
    expect(stateOf(circuit)).toBe('closed');
    expect(contextOf(circuit).failureCount).toBe(0);
  });
});
