import { countWindow, type ToolCircuitSnapshot, timeWindow } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { stateOf } from '../../../machines/circuit-state.ts';
import * as diagnostics from '../../../src/views/diagnostics.ts';
import { startCircuit, startHalfOpen, startIsolated, startOpen } from '../../machines/start-circuit.ts';

const { diagnoseUnknown, remainingBackoffMs } = diagnostics;

const available = { available: true } as const;

type Diagnosed = Parameters<typeof diagnostics.diagnose>[0];

/** The diagnostics of a circuit without counted calls. */
const diagnose = (latest: ToolCircuitSnapshot, now: number, more: Partial<Diagnosed> = {}) =>
  diagnostics.diagnose(
    {
      id: 'shell',
      tool: 'shell',
      key: null,
      latest,
      statsIfAny: undefined,
      upstreamDenials: 0,
      lastUpstream: undefined,
      shadow: undefined,
      isUpstream: false,
      trip: latest.context.config.trip,
      ...more,
    },
    now,
    0,
    available,
  );

const circuit = { failureThreshold: 1, minBackoffMs: 1_000 };

describe('the diagnostics of a tool', () => {
  it('that was never used are those of a freshly spawned one', () => {
    const { clock, circuit: fresh } = startCircuit();
    expect(diagnose(fresh.getSnapshot(), clock.now())).toEqual(
      diagnoseUnknown('shell', null, 'tool', undefined, available, 'enforce'),
    );
  });

  it('while closed have no backoff', () => {
    const { clock, circuit: closed } = startCircuit({ failureThreshold: 2 });
    closed.send({ type: 'FAILURE', category: 'rateLimit' });
    expect(diagnose(closed.getSnapshot(), clock.now())).toMatchObject({
      status: 'closed',
      isOpen: false,
      failureCount: 1,
      lastErrorCategory: 'rateLimit',
      currentBackoffMs: 0,
      remainingBackoffMs: null,
      openedAt: null,
    });
  });

  it('while open show how much of the backoff is left, down to 0 and never below', () => {
    const { clock, circuit: open } = startOpen(circuit);
    const leftAt = (ms: number) => remainingBackoffMs(open.getSnapshot(), clock.now() + ms);
    expect([leftAt(0), leftAt(1), leftAt(999), leftAt(1_000), leftAt(1e9)]).toEqual([1_000, 999, 1, 0, 0]);
    expect(diagnose(open.getSnapshot(), clock.now() + 400)).toMatchObject({
      status: 'open',
      isOpen: true,
      openCount: 1,
      currentBackoffMs: 1_000,
      remainingBackoffMs: 600,
    });
  });

  it('while open without a backoff show how much of resetTimeoutMs is left', () => {
    const { clock, circuit: open } = startOpen({ ...circuit, minBackoffMs: 0, resetTimeoutMs: 300 });
    expect(diagnose(open.getSnapshot(), clock.now())).toMatchObject({
      currentBackoffMs: 0,
      remainingBackoffMs: 300,
    });
  });

  it('while half-open keep the backoff and count the probes, and do not call the circuit open', () => {
    const { clock, circuit: halfOpen } = startHalfOpen(circuit);
    halfOpen.send({ type: 'REQUEST' });
    halfOpen.send({ type: 'REQUEST' });
    expect(diagnose(halfOpen.getSnapshot(), clock.now())).toMatchObject({
      status: 'halfOpen',
      isOpen: false,
      currentBackoffMs: 1_000,
      remainingBackoffMs: null,
      probesInFlight: 1,
      deniedRequests: 1,
      lastDeniedAt: clock.now(),
    });
  });

  it('while isolated call the circuit open, without a time to try again', () => {
    const { clock, circuit: isolated } = startIsolated();
    expect(diagnose(isolated.getSnapshot(), clock.now())).toMatchObject({
      status: 'isolated',
      isOpen: true,
      openCount: 0,
      openedAt: 0,
      remainingBackoffMs: null,
    });
  });

  it('have the same fields in every state, in plain data', () => {
    const fields = Object.keys(
      diagnoseUnknown('shell', null, 'tool', undefined, available, 'enforce'),
    ).sort();
    for (const start of [startCircuit, startOpen, startHalfOpen, () => startIsolated()]) {
      const { clock, circuit: any } = start();
      const diagnosed = diagnose(any.getSnapshot(), clock.now());
      expect(Object.keys(diagnosed).sort()).toEqual(fields);
      expect(JSON.parse(JSON.stringify(diagnosed))).toEqual(diagnosed);
      expect(diagnosed.status).toBe(stateOf(any.getSnapshot()));
    }
  });

  it('while observed have the state of its shadow, but for one that was set by hand', () => {
    const shadow = { stateAt: () => 'open' } as unknown as NonNullable<Diagnosed['shadow']>;
    const { circuit: closed } = startCircuit();
    expect(diagnose(closed.getSnapshot(), 0, { shadow })).toMatchObject({
      status: 'closed',
      wouldBe: 'open',
    });
    const { circuit: isolated } = startIsolated();
    expect(diagnose(isolated.getSnapshot(), 0, { shadow }).wouldBe).toBe('isolated');
  });

  it('say whether other tools depend on it', () => {
    const { circuit: any } = startCircuit();
    const kinds = [true, false].map((isUpstream) => diagnose(any.getSnapshot(), 0, { isUpstream }).kind);
    expect(kinds).toEqual(['upstream', 'tool']);
  });

  it('tell a circuit that a fleet holds open from one that has tripped here too', () => {
    const opened = { type: 'FLEET_OPENED', epoch: 7, leftMs: 500, answerMs: 0, category: 'timeout' } as const;
    const { clock, circuit: closed } = startCircuit();
    const fleetOf = (of: typeof closed) => diagnose(of.getSnapshot(), clock.now()).fleet;
    expect(fleetOf(closed)).toBeNull();
    closed.send(opened);
    expect(fleetOf(closed)).toMatchObject({ epoch: 7, isOpen: true, isOwnTrip: false, leftMs: 500 });
    closed.send({ type: 'FLEET_CLOSED', epoch: 8 });
    expect(fleetOf(closed)).toMatchObject({ epoch: 8, isOpen: false, isOwnTrip: false });
    const { circuit: tripped } = startOpen(circuit);
    tripped.send(opened);
    expect(fleetOf(tripped)).toMatchObject({ isOpen: true, isOwnTrip: true });
    // A failure that did not trip it is no trip.
    const { circuit: failing } = startCircuit({ failureThreshold: 2 });
    failing.send({ type: 'FAILURE', category: 'timeout' });
    failing.send(opened);
    expect(fleetOf(failing)).toMatchObject({ isOpen: true, isOwnTrip: false });
    failing.send({ type: 'FLEET_CLOSED', epoch: 8 });
    failing.send({ type: 'FAILURE', category: 'timeout' });
    expect(fleetOf(failing)).toMatchObject({ isOpen: false, isOwnTrip: false });
  });

  it('have the rates of its window, once that holds enough calls, and until they have left it', () => {
    const trip = timeWindow({ windowMs: 1_000, minCalls: 2, failureRate: 0.9, slowCallMs: 100 });
    const { clock, circuit: rated } = startCircuit({ trip });
    const ratesAt = (ms: number) => {
      const { failureRate, slowCallRate } = diagnose(rated.getSnapshot(), clock.now() + ms);
      return [failureRate, slowCallRate];
    };
    rated.send({ type: 'SUCCESS', durationMs: 200 });
    expect(ratesAt(0)).toEqual([null, null]);
    rated.send({ type: 'FAILURE', durationMs: 10 });
    rated.send({ type: 'SUCCESS', durationMs: 10 });
    rated.send({ type: 'SUCCESS', durationMs: 10 });
    expect(ratesAt(0)).toEqual([0.25, 0.25]);
    expect(ratesAt(1_100)).toEqual([null, null]);
  });

  it('have the rates of a window over calls, and no rate of slow calls where no call is slow', () => {
    const { clock, circuit: rated } = startCircuit({
      trip: countWindow({ size: 4, minCalls: 2, failureRate: 0.9 }),
    });
    rated.send({ type: 'FAILURE' });
    expect(diagnose(rated.getSnapshot(), clock.now())).toMatchObject({
      failureRate: null,
      slowCallRate: null,
    });
    for (let call = 0; call < 3; call++) rated.send({ type: 'SUCCESS' });
    expect(diagnose(rated.getSnapshot(), clock.now())).toMatchObject({
      failureRate: 0.25,
      slowCallRate: null,
    });
  });
});
