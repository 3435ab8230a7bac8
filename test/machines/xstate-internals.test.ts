import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import {
  type AnyActor,
  assign,
  cancel,
  createActor,
  createMachine,
  emit,
  enqueueActions,
  raise,
  type StateNode,
  stateIn,
} from 'xstate';
import {
  afterId,
  asBuiltIn,
  branchesOf,
  deferCancel,
  deferSend,
  deferStop,
  deferTimer,
  eventlessOf,
  initEvent,
  isBuiltInGuard,
  isKnownShape,
  isObserved,
  isOfXState,
  parentOf,
  replaceScheduler,
  type Scope,
  sendTo,
  setSnapshot,
  snapshotOf,
  snapshotWith,
  stopEvent,
  watchInspectors,
} from '../../machines/xstate-internals.ts';
import { ManualClock } from '../support/manual-clock.ts';

const machine = createMachine({
  id: 'lamp',
  initial: 'on',
  on: { BREAK: '.off' },
  states: {
    on: { after: { 10: 'off' }, always: { guard: () => false, target: 'off' } },
    off: { on: { PRESS: { target: 'on', actions: 'click', guard: 'works' } } },
  },
});

const start = (options: Partial<Parameters<typeof createActor<typeof machine>>[1]> = {}) => {
  const clock = new ManualClock();
  const actor = createActor(machine, { clock, ...options });
  return { clock, actor: actor.start() };
};

/** The scope that an actor gives to the transitions of its machine. */
function scopeOf(): { scope: Scope; actor: AnyActor; update: () => void; clock: ManualClock } {
  let scope: Scope | undefined;
  const logic = Object.create(machine, {
    transition: {
      value: (...args: Parameters<typeof machine.transition>) => {
        scope = args[2] as unknown as Scope;
        return machine.transition(...args);
      },
    },
  }) as typeof machine;
  const clock = new ManualClock();
  const actor = createActor(logic, { clock }).start();
  actor.send({ type: 'BREAK' });
  return {
    scope: scope as unknown as Scope,
    actor: actor as unknown as AnyActor,
    update: () => actor.send({ type: '' }),
    clock,
  };
}

/** A version of XState that renames any of these has to fail here, and not in the charts. */
describe('what XState keeps to itself', () => {
  it('names the parent of an actor', () => {
    const { actor: parent } = start();
    expect(parentOf(start({ parent }).actor)).toBe(parent);
    expect(parentOf(parent)).toBeUndefined();
  });

  it('schedules a delayed transition under an id that is made of the delay and the state', () => {
    const { actor } = start();
    const [timer] = Object.values(actor.system.getSnapshot()._scheduledEvents);
    expect(timer).toMatchObject({ id: afterId('10', 'lamp.on'), event: { type: afterId('10', 'lamp.on') } });
    expect(timer?.id).toSatisfy((type: string) => isOfXState({ type }));
    expect(isOfXState({ type: 'BREAK' })).toBe(false);
  });

  it('begins and stops an actor by events of its own', () => {
    const types: string[] = [];
    const actor = createActor(machine, {
      input: 5,
      inspect: (event) => event.type === '@xstate.snapshot' && types.push(event.event.type),
    });
    actor.start().stop();
    expect(types).toEqual([initEvent(5).type, stopEvent]);
  });

  it('counts who observes an actor', () => {
    const { actor } = start();
    expect(isObserved(actor)).toBe(false);
    const subscription = actor.subscribe(() => {});
    expect(isObserved(actor)).toBe(true);
    subscription.unsubscribe();
    expect(isObserved(actor)).toBe(false);
    expect(isObserved({}), 'where nobody knows').toBe(true);
  });

  it('takes a snapshot without an event', () => {
    const { actor } = start();
    const next = { ...actor.getSnapshot() };
    setSnapshot(actor, next);
    expect(actor.getSnapshot()).toBe(next);
  });

  it('can be reached past an override', () => {
    const { actor } = start();
    const snapshot = actor.getSnapshot();
    Object.assign(actor, { send: vi.fn(), getSnapshot: vi.fn() });
    sendTo(actor as { send(event: { type: 'BREAK' }): void }, { type: 'BREAK' });
    expect(snapshotOf(actor)).not.toBe(snapshot);
    expect(actor.send).not.toHaveBeenCalled();
  });

  it('says when an inspector comes and goes, once for each', () => {
    const { actor } = start();
    const [onCome, onGo] = [vi.fn(), vi.fn()];
    watchInspectors(actor, { onCome, onGo });
    const subscription = actor.system.inspect(() => {});
    expect([onCome.mock.calls.length, onGo.mock.calls.length]).toEqual([1, 0]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect([onCome.mock.calls.length, onGo.mock.calls.length]).toEqual([1, 1]);
  });

  it('sets its timers by a scheduler that can be replaced', () => {
    const { actor } = start();
    actor.send({ type: 'BREAK' });
    const scheduler = {
      schedule: vi.fn(),
      cancel: vi.fn(),
      cancelAll: vi.fn(),
      [Symbol.iterator]: () => [][Symbol.iterator](),
    };
    const send = replaceScheduler(actor.system, scheduler);
    const timed = createActor(machine, { parent: actor }).start();
    const id = afterId('10', 'lamp.on');
    expect(scheduler.schedule).toHaveBeenCalledWith(timed, timed, { type: id }, 10, id);
    send({ source: timed, target: timed, event: { type: id }, id, delay: 10, startedAt: 0 });
    expect(timed.getSnapshot().value).toBe('off');
    expect(scheduler.cancel).toHaveBeenCalledWith(timed, id);
    actor.stop();
    expect(scheduler.cancelAll).toHaveBeenCalledWith(actor);
    expect(actor.system.getSnapshot()).toEqual({ _scheduledEvents: {} });
  });

  it('gives a machine what defers effects until the snapshot is set', () => {
    const { scope, actor, update, clock } = scopeOf();
    const received: unknown[] = [];
    const other = createActor(
      createMachine({ on: { '*': { actions: ({ event }) => received.push(event) } } }),
    ).start();
    const child = createActor(machine, { parent: actor }).start();
    deferTimer(scope, { type: 'BREAK' }, 20, 'later');
    deferSend(scope, other, { type: 'HELLO' });
    deferStop(scope, child);
    expect([received, child.getSnapshot().status, clock.timers]).toEqual([[], 'active', 1]);
    update();
    expect([received, child.getSnapshot().status, clock.timers]).toEqual([[{ type: 'HELLO' }], 'stopped', 1]);
    deferCancel(scope, 'later');
    update();
    expect(clock.timers).toBe(0);
  });

  it('lets a child be stopped at once that never ran', () => {
    const { scope, actor } = scopeOf();
    const child = createActor(machine, { parent: actor });
    const stopChild = vi.fn();
    deferStop({ ...scope, stopChild }, child);
    expect(stopChild).toHaveBeenCalledExactlyOnceWith(child);
  });

  it('tells its own actions and guards from ours, with what they are made of', () => {
    const add = () => ({});
    expect({ ...asBuiltIn(assign(add)) }).toMatchObject({ type: 'xstate.assign', assignment: add });
    expect({ ...asBuiltIn(cancel('timer')) }).toMatchObject({ type: 'xstate.cancel', sendId: 'timer' });
    expect({ ...asBuiltIn(raise({ type: 'A' }, { id: 'a', delay: 5 })) }).toMatchObject({
      type: 'xstate.raise',
      event: { type: 'A' },
      id: 'a',
      delay: 5,
    });
    expect({ ...asBuiltIn(emit({ type: 'A' })) }).toMatchObject({
      type: 'xstate.emit',
      event: { type: 'A' },
    });
    expect({ ...asBuiltIn(enqueueActions(add)) }).toMatchObject({
      type: 'xstate.enqueueActions',
      collect: add,
    });
    expect([add, 'add', { type: 'add' }, undefined].map(asBuiltIn)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([isBuiltInGuard(stateIn('on')), isBuiltInGuard(add)]).toEqual([true, false]);
  });

  it('reads the branches of a state off its config, those of delays and of no event among them', () => {
    const { on, off } = machine.states as unknown as { on: StateNode; off: StateNode };
    expect([...branchesOf(on).keys()]).toEqual([afterId('10', 'lamp.on')]);
    expect(eventlessOf(on)).toMatchObject([{ target: [off], source: on }]);
    expect(branchesOf(off).get('PRESS')).toMatchObject([
      { guard: 'works', actions: ['click'], target: [on], source: off, reenter: false },
    ]);
    expect(branchesOf(machine.root).has('BREAK')).toBe(true);
  });

  it('makes its snapshots of fields that are all known', () => {
    expect(isKnownShape).toBe(true);
    const snapshot = start().actor.getSnapshot();
    expect(Object.keys(snapshotWith(snapshot, snapshot.context))).toEqual(Object.keys(snapshot));
    expect(snapshotWith(snapshot, snapshot.context)).toEqual(snapshot);
  });
});

describe('what is not documented of XState', () => {
  it('stands in one file', () => {
    const root = new URL('../../', import.meta.url);
    const words =
      /_parent\b|_snapshot\b|_processingStatus|_relay\b|_unregister|_sendInspectionEvent|\.observers\b|xstate\.after|system\.inspect =/;
    const found = ['machines', 'src/circuits', 'src/calls', 'src/registry', 'src/views'].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`)
        .filter((path) => words.test(readFileSync(new URL(path, root), 'utf8'))),
    );
    expect(found).toEqual(['machines/xstate-internals.ts']);
  });
});
