import { describe, expect, it } from 'vitest';
import { mayAdmit } from '../../../src/views/availability.ts';
import { startCircuit, startHalfOpen, startOpen } from '../../machines/start-circuit.ts';

const circuit = { failureThreshold: 1, minBackoffMs: 1_000 };

describe('a circuit', () => {
  it('that was never used would admit a call', () => {
    expect(mayAdmit(undefined, { now: 0, halfOpen: false })).toBe(true);
  });

  it('that is closed or disabled would admit a call', () => {
    const { clock, circuit: closed } = startCircuit(circuit);
    const question = { now: clock.now(), halfOpen: false };
    expect(mayAdmit(closed.getSnapshot(), question)).toBe(true);
    closed.send({ type: 'DISABLE' });
    expect(closed.getSnapshot().value).toBe('disabled');
    expect(mayAdmit(closed.getSnapshot(), question)).toBe(true);
  });

  it('that is open would admit a call once its backoff has run out, whether or not the timer has fired', () => {
    const { clock, circuit: open } = startOpen(circuit);
    const at = (now: number) => mayAdmit(open.getSnapshot(), { now, halfOpen: true });
    expect(at(clock.now() + 999)).toBe(false);
    expect(at(clock.now() + 1_000)).toBe(true);
    expect(mayAdmit(open.getSnapshot(), { now: clock.now() + 1_000, halfOpen: false })).toBe(false);
  });

  it('that is half-open would admit a call, if half-open circuits are wanted', () => {
    const { clock, circuit: halfOpen } = startHalfOpen(circuit);
    expect(mayAdmit(halfOpen.getSnapshot(), { now: clock.now(), halfOpen: true })).toBe(true);
    expect(mayAdmit(halfOpen.getSnapshot(), { now: clock.now(), halfOpen: false })).toBe(false);
  });

  it('that is isolated would admit a call once the isolation has ended, and never before', () => {
    const { clock, circuit: isolated } = startCircuit(circuit);
    isolated.send({ type: 'ISOLATE', at: clock.now() });
    expect(mayAdmit(isolated.getSnapshot(), { now: clock.now() + 1e9, halfOpen: true })).toBe(false);
    const { clock: time, circuit: timed } = startCircuit(circuit);
    timed.send({ type: 'ISOLATE', forMs: 500, at: time.now() });
    const at = (ms: number) => mayAdmit(timed.getSnapshot(), { now: time.now() + ms, halfOpen: false });
    expect([at(499), at(500)]).toEqual([false, true]);
  });
});
