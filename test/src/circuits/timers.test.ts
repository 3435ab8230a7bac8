import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { Timers } from '../../../src/circuits/timers.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const machine = createMachine({ on: { '*': {} } });

function start() {
  const clock = new ManualClock();
  const received: string[] = [];
  const root = createActor(machine, { clock }).start();
  const actor = createActor(
    createMachine({ on: { '*': { actions: ({ event }) => void received.push(event.type) } } }),
    { parent: root },
  ).start();
  const timers = new Timers(root.system);
  const schedule = (type: string, delay: number, id = type) =>
    timers.schedule(actor, actor, { type }, delay, id);
  return { clock, root, actor, timers, received, schedule };
}

describe('the timers of a system', () => {
  it('fire each at its time', () => {
    const { clock, received, schedule } = start();
    for (const [type, delay] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const)
      schedule(type, delay);
    clock.advance(20);
    expect(received).toEqual(['a', 'b']);
    clock.advance(10);
    expect(received).toEqual(['a', 'b', 'c']);
  });

  it.each([['a'], ['b'], ['c']])('are cancelled by id, and the others stay: %s of three', (id) => {
    const { clock, actor, timers, received, schedule } = start();
    for (const type of ['a', 'b', 'c']) schedule(type, 10);
    timers.cancel(actor, id);
    expect(clock.timers).toBe(2);
    clock.advance(10);
    expect(received).toEqual(['a', 'b', 'c'].filter((type) => type !== id));
    timers.cancel(actor, id);
    // Whichever has gone, the actor's others are still known as its own.
    for (const type of ['d', 'e', 'f']) schedule(type, 10);
    timers.cancel(actor, { a: 'f', b: 'e', c: 'd' }[id] as string);
    timers.cancelAll(actor);
    expect(clock.timers).toBe(0);
  });

  it('are out of the list once they have fired, in any order, and the others are in it', () => {
    for (const delays of [
      [10, 20, 30],
      [30, 20, 10],
      [20, 10, 30],
      [20, 30, 10],
    ]) {
      const { clock, timers, schedule } = start();
      delays.forEach((delay) => {
        schedule(`after ${delay}`, delay);
      });
      for (const left of [['after 20', 'after 30'], ['after 30'], []]) {
        clock.advance(10);
        expect([...timers].map(({ id }) => id).sort()).toEqual(left);
      }
    }
  });

  it('are cancelled with the actor that stops, and those of others stay', () => {
    const { clock, root, actor, timers, received, schedule } = start();
    for (const type of ['a', 'b']) schedule(type, 10);
    timers.schedule(root, actor, { type: 'of another' }, 10, 'a');
    timers.cancelAll(actor);
    expect(clock.timers).toBe(1);
    clock.advance(10);
    expect(received).toEqual(['of another']);
  });

  it('are listed as XState lists them', () => {
    const { root, actor, schedule, clock } = start();
    schedule('a', 10, 'first');
    expect(root.system.getSnapshot()._scheduledEvents).toEqual({
      [`${actor.sessionId}.first`]: {
        id: 'first',
        event: { type: 'a' },
        delay: 10,
        source: actor,
        target: actor,
        startedAt: expect.any(Number),
      },
    });
    clock.advance(10);
    expect(root.system.getSnapshot()._scheduledEvents).toEqual({});
  });
});

describe('a timer of a circuit', () => {
  it.each([
    ['comes', false],
    ['goes', true],
  ])('fires once, where an inspector %s while it runs', (_, isInspectedAtFirst) => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 1_000 } });
    const changes: string[] = [];
    registry.on('*', ({ type }) => changes.push(type));
    let inspector = isInspectedAtFirst ? registry.actor.system.inspect(() => {}) : undefined;
    registry.recordFailure('shell', 'timeout');
    expect(clock.timers).toBe(1);
    if (inspector === undefined) inspector = registry.actor.system.inspect(() => {});
    else inspector.unsubscribe();
    clock.advance(1_000);
    expect(changes).toEqual(['circuit.opened', 'circuit.halfOpened']);
    registry.stop();
    expect(clock.timers).toBe(0);
  });
});
