import { toolCircuitMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { maxRefusingMs, refusesNow } from '../../../src/circuits/comeback.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A circuit, and what it would do at instants whose timers have not fired. */
function start() {
  const clock = new ManualClock();
  const actor = createActor(toolCircuitMachine, {
    clock,
    input: { tool: 'shell', now: clock.now, config: { failureThreshold: 1, minBackoffMs: 1_000 } },
  }).start();
  const refusesAt = (...instants: number[]) => instants.map((now) => refusesNow(actor.getSnapshot(), now));
  return { clock, actor, refusesAt };
}

describe('whether a circuit refuses a call at an instant, whatever its timer has done', () => {
  it('is so of an open one until its backoff has run out', () => {
    const { actor, refusesAt } = start();
    actor.send({ type: 'FAILURE', at: 0 });
    expect(refusesAt(0, 999, 1_000)).toEqual([true, true, false]);
    expect(maxRefusingMs(actor.getSnapshot(), 400)).toBe(600);
  });

  it('is so of an isolated one until the end that was set, or for ever', () => {
    const { actor, refusesAt } = start();
    actor.send({ type: 'ISOLATE', forMs: 500, at: 0 });
    expect(refusesAt(0, 499, 500)).toEqual([true, true, false]);
    actor.send({ type: 'ISOLATE', at: 0 });
    expect(refusesAt(500, 1e9)).toEqual([true, true]);
    expect(maxRefusingMs(actor.getSnapshot(), 0)).toBe(Infinity);
  });

  it('is so of a half-open one while no place is free', () => {
    const { clock, actor, refusesAt } = start();
    actor.send({ type: 'FAILURE', at: 0 });
    clock.advance(1_000);
    expect(refusesAt(1_000)).toEqual([false]);
    actor.send({ type: 'REQUEST' });
    expect(refusesAt(1_000)).toEqual([true]);
    expect(maxRefusingMs(actor.getSnapshot(), 1_000)).toBe(60_000);
  });

  it('is never so of a closed or disabled one', () => {
    const { actor, refusesAt } = start();
    expect(refusesAt(0)).toEqual([false]);
    actor.send({ type: 'DISABLE' });
    expect(refusesAt(0)).toEqual([false]);
  });
});
