import { describe, expect, it } from 'vitest';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createActor,
  createMachine,
  type EventObject,
  emit,
  enqueueActions,
  fromPromise,
  raise,
  setup,
  spawnChild,
  stateIn,
} from 'xstate';
import type { Scope } from '../../../machines/xstate-internals.ts';
import { CompiledChart } from '../../../src/circuits/compiled-chart.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const contextWith = (context: object, update: object) => ({ ...context, ...update });
const chartOf = (machine: AnyStateMachine) => new CompiledChart<AnyMachineSnapshot>(machine, contextWith);

/** The same machine, which runs by its compiled chart wherever that can; `left` lists the events that it could not take. */
function compiled(machine: AnyStateMachine) {
  const chart = chartOf(machine);
  const left: string[] = [];
  const logic = Object.create(machine, {
    transition: {
      value(snapshot: AnyMachineSnapshot, event: EventObject, scope: Scope) {
        const next = chart.step(snapshot, event, scope);
        if (next === undefined) left.push(event.type);
        return next ?? machine.transition(snapshot, event, scope as never);
      },
    },
    getInitialSnapshot: {
      value(scope: Scope, input: unknown) {
        const first = chart.initial(scope, input);
        if (first === undefined) left.push('the beginning');
        return first ?? machine.getInitialSnapshot(scope as never, input as never);
      },
    },
  }) as AnyStateMachine;
  return { logic, left };
}

/** All that can be seen of a run: an event a second, each with what the machine emits and sends, and what it is after it. */
function run(logic: AnyStateMachine, events: readonly EventObject[]) {
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const parent = createActor(
    createMachine({ on: { '*': { actions: ({ event }) => void seen.push(['sent', event]) } } }),
    { clock },
  ).start();
  const actor = createActor(logic, { parent, input: { from: 7 }, id: 'child' } as never);
  actor.on('*', (event) => seen.push(['emitted', event]));
  const look = () => {
    const { value, context, status, tags, children } = actor.getSnapshot() as AnyMachineSnapshot;
    seen.push({
      value,
      context,
      status,
      tags: [...tags],
      children: Object.keys(children),
      timers: clock.timers,
    });
  };
  actor.start();
  look();
  for (const event of events) {
    actor.send(event);
    look();
    clock.advance(1_000);
    look();
  }
  return seen;
}

const namedChild = (id: string) => createMachine({ id, exit: () => {}, initial: 'a', states: { a: {} } });

const events = (...types: string[]): EventObject[] => types.map((type) => ({ type }));
const entered = (name: string) => emit(() => ({ type: `entered ${name}` }));
const exited = (name: string) => emit(() => ({ type: `exited ${name}` }));
const done = emit(() => ({ type: 'done' }));
/** A state that tells of its entries and exits. */
const told = (name: string) => ({ entry: entered(name), exit: exited(name) });
const counts = { context: () => ({ n: 0, other: 'kept' }), initial: 'a', states: { a: {} } };
const nothingKnown = { context: () => ({}) };
const add = assign(({ context }) => ({ n: (context as { n: number }).n + 1 }));
const named = setup({
  types: { context: {} as { n: number; last: unknown } },
  delays: { soon: 300, later: ({ context }) => 1_000 * (context.n + 2) },
  guards: {
    isOdd: ({ context }) => context.n % 2 === 1,
    isAbove: ({ context }, { least }: { least: number }) => context.n > least,
  },
  actions: {
    add: assign(({ context }) => ({ n: context.n + 1 })),
    addSome: assign(({ context }, { some }: { some: number }) => ({ n: context.n + some })),
    note: assign({ last: (_, params: { what: string }) => params.what, n: 40 }),
    tell: emit(({ context }, params: { what: string }) => ({ type: params.what, n: context.n })),
  },
});
const namedCounts = { context: () => ({ n: 0, last: null }), initial: 'a', states: { a: {} } } as const;

interface Case {
  readonly machine: AnyStateMachine;
  readonly events: readonly EventObject[];
  /** What is the interpreter's. Default: nothing. */
  readonly left?: readonly string[];
}

/** A machine that starts two actors, by an action that is the interpreter's, and stops one of them. */
const withChildren = createMachine({
  ...counts,
  on: {
    SPAWN: {
      actions: [spawnChild(namedChild('one'), { id: 'one' }), spawnChild(namedChild('two'), { id: 'two' })],
    },
    END: {
      actions: enqueueActions(({ enqueue, self }) => {
        enqueue.stopChild((self.getSnapshot() as AnyMachineSnapshot).children.one as never);
      }),
    },
    FOREIGN: {
      actions: enqueueActions(({ enqueue }) =>
        enqueue.stopChild(createActor(namedChild('none'), { id: 'none' })),
      ),
    },
  },
} as never);

const cases: Readonly<Record<string, Case>> = {
  'updates by a function, several in a row': {
    machine: createMachine({ ...counts, on: { GO: { actions: [add, add, add] } } } as never),
    events: events('GO', 'GO'),
  },
  'updates by an object of values and functions': {
    machine: createMachine({
      ...counts,
      on: {
        GO: {
          actions: assign({
            n: ({ context }: { context: { n: number } }) => (context as { n: number }).n + 5,
            other: 'new',
          } as never),
        },
        SET: { actions: assign({ n: 100 } as never) },
      },
    } as never),
    events: events('GO', 'SET', 'GO'),
  },
  'updates that are given parameters, plain and worked out': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: { actions: { type: 'addSome', params: { some: 3 } } },
        MORE: { actions: { type: 'addSome', params: ({ context }) => ({ some: context.n }) } },
        NOTE: { actions: { type: 'note', params: { what: 'noted' } } },
        ADD: { actions: 'add' },
      },
    }),
    events: events('GO', 'MORE', 'NOTE', 'ADD'),
  },
  'what is emitted by a function, with the context of that moment': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: {
          actions: [
            'add',
            { type: 'tell', params: { what: 'first' } },
            'add',
            { type: 'tell', params: { what: 'second' } },
          ],
        },
      },
    }),
    events: events('GO'),
  },
  'an event that is emitted as it stands': {
    machine: createMachine({ ...counts, on: { GO: { actions: emit({ type: 'plain' } as never) } } } as never),
    events: events('GO'),
    left: ['GO'],
  },
  'timers by a number, a name and a function, and their events': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: { actions: raise({ type: 'RING' } as never, { id: 'a', delay: 500 }) },
        SOON: { actions: raise({ type: 'RING' } as never, { id: 'b', delay: 'soon' as never }) },
        LATER: { actions: raise({ type: 'RING' } as never, { id: 'c', delay: 'later' as never }) },
        RING: { actions: 'add' },
      } as never,
    }),
    events: events('GO', 'SOON', 'LATER', 'OTHER', 'OTHER', 'OTHER'),
  },
  'a timer that is cancelled, and one that is not': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: {
          actions: [
            raise({ type: 'RING' } as never, { id: 'a', delay: 1_500 }),
            raise({ type: 'RING' } as never, { id: 'b', delay: 1_500 }),
          ],
        },
        STOP: { actions: cancel('a') },
        RING: { actions: 'add' },
      } as never,
    }),
    events: events('GO', 'STOP', 'OTHER'),
  },
  'a timer that is cancelled by a name which is worked out': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: { actions: raise({ type: 'RING' } as never, { id: 'a', delay: 1_500 }) },
        STOP: { actions: cancel(() => 'a') },
        RING: { actions: 'add' },
      } as never,
    }),
    events: events('GO', 'STOP', 'OTHER'),
    left: ['STOP'],
  },
  'an event that is raised without a delay': {
    machine: named.createMachine({
      ...namedCounts,
      on: { GO: { actions: raise({ type: 'RING' } as never) }, RING: { actions: 'add' } } as never,
    }),
    events: events('GO'),
    left: ['GO'],
  },
  'an event that is worked out when it is raised': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: { actions: raise((() => ({ type: 'RING' })) as never, { id: 'a', delay: 10 }) },
        RING: { actions: 'add' },
      } as never,
    }),
    events: events('GO'),
    left: ['GO'],
  },
  'a function that does anything at all': {
    machine: createMachine({ ...counts, on: { GO: { actions: [add, () => {}] } } } as never),
    events: events('GO', 'GO'),
    left: ['GO', 'GO'],
  },
  'actions that are put together at the moment': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: {
          actions: enqueueActions(({ enqueue, context }) => {
            enqueue.assign({ n: context.n + 2 });
            enqueue.assign(({ context }) => ({ last: context.n }));
            enqueue.emit({ type: 'told' } as never);
            enqueue.raise({ type: 'RING' } as never, { id: 'a', delay: 1_500 });
          }),
        },
        STOP: { actions: enqueueActions(({ enqueue }) => enqueue.cancel('a')) },
        RING: { actions: 'add' },
      } as never,
    }),
    events: events('GO', 'STOP', 'GO', 'OTHER'),
  },
  'guards by name, by function and with parameters, the first that holds': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: [
          { guard: 'isOdd', actions: ['add', { type: 'tell', params: { what: 'was odd' } }] },
          {
            guard: { type: 'isAbove', params: { least: 3 } },
            actions: { type: 'tell', params: { what: 'above' } },
          },
          { guard: ({ context }) => context.n === 2, actions: ['add', 'add'] },
          { actions: 'add' },
        ],
        FAR: { guard: { type: 'isAbove', params: ({ context }) => ({ least: context.n }) }, actions: 'add' },
      },
    }),
    events: events('GO', 'GO', 'GO', 'GO', 'FAR'),
  },
  'a guard that XState puts together of others': {
    machine: named.createMachine({
      ...namedCounts,
      on: {
        GO: [{ guard: and(['isOdd', 'isOdd']), actions: 'add' }, { actions: ['add'] }],
      },
    }),
    events: events('GO', 'GO'),
    left: ['GO', 'GO'],
  },
  'a guard that asks for the state': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      on: { GO: { guard: stateIn('a'), actions: add } },
      states: { a: {} },
    } as never),
    events: events('GO'),
    left: ['GO'],
  },
  'ways between states, with what is done on the way out, on the way, and on the way in': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: {
        a: { ...told('a'), tags: ['first'], on: { GO: { target: 'b', actions: done } } },
        b: { ...told('b'), tags: ['second'], on: { BACK: 'a' } },
      },
    } as never),
    events: events('BACK', 'GO', 'GO', 'BACK'),
  },
  'a state that is its own target: left only where it is entered anew': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: {
        a: {
          ...told('a'),
          on: { STAY: { target: 'a', actions: done }, ANEW: { target: 'a', reenter: true, actions: done } },
        },
      },
    } as never),
    events: events('STAY', 'ANEW'),
  },
  'ways of the whole machine, which come after those of the state': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      on: { GO: { target: '.b', actions: done }, ADD: { actions: add } },
      states: {
        a: {
          ...told('a'),
          on: {
            ADD: { guard: ({ context }: never) => (context as { n: number }).n > 0, actions: [add, add] },
          },
        },
        b: { ...told('b'), on: { GO: { target: 'a' } } },
      },
    } as never),
    events: events('ADD', 'ADD', 'GO', 'GO', 'GO'),
  },
  'the whole machine entered anew': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      ...told('all'),
      on: { ANEW: { target: '.b', reenter: true } },
      states: { a: told('a'), b: told('b') },
    } as never),
    events: events('ANEW'),
    left: ['ANEW'],
  },
  'ways without an event, one after another, with what each does': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      states: {
        a: { ...told('a'), on: { GO: { target: 'b', actions: add } } },
        b: {
          ...told('b'),
          always: {
            guard: ({ context }: never) => (context as { n: number }).n > 1,
            target: 'c',
            actions: done,
          },
        },
        c: { ...told('c'), always: 'd' },
        d: { ...told('d'), on: { GO: 'a' } },
      },
    } as never),
    events: [...events('GO', 'OTHER'), { type: 'GO' }, ...events('GO')],
  },
  'a way without an event that an update opens where the state stays': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      states: {
        a: {
          on: { GO: { actions: add } },
          always: { guard: ({ context }: never) => (context as { n: number }).n > 1, target: 'b' },
        },
        b: told('b'),
      },
    } as never),
    events: events('GO', 'GO', 'GO'),
  },
  'a way without an event that only the interpreter can take': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      states: {
        a: {
          on: { GO: { actions: add }, OTHER: { actions: add } },
          always: { guard: stateIn('b'), target: 'b' },
        },
        b: {},
      },
    } as never),
    events: events('GO', 'OTHER'),
    left: ['the beginning', 'GO', 'OTHER'],
  },
  'a state with states in it': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: {
        a: { on: { GO: 'deep', PAST: 'deep.a' } },
        deep: {
          initial: 'inner',
          states: { inner: { on: { ON: 'other' } }, other: {}, a: {} },
          on: { BACK: 'a' },
        },
      },
    } as never),
    events: events('GO', 'ON', 'BACK', 'PAST'),
    left: ['GO', 'ON', 'BACK', 'PAST'],
  },
  'a state that invokes something': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: {
        a: { on: { GO: 'b' } },
        b: { invoke: { src: fromPromise(() => new Promise(() => {})) }, on: { BACK: 'a' } },
      },
    } as never),
    events: events('GO', 'BACK', 'OTHER'),
    left: ['GO', 'BACK'],
  },
  'an end': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: { a: { on: { GO: { target: 'b', actions: done } } }, b: { type: 'final', ...told('b') } },
    } as never),
    events: events('GO'),
    left: ['GO'],
  },
  'no states at all': {
    machine: createMachine({ context: () => ({ n: 0 }), on: { GO: { actions: add } } } as never),
    events: events('GO'),
    left: ['the beginning', 'GO'],
  },
  'an event for which there is no way, and one for any event': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      states: { a: { on: { GO: { actions: add }, '*': { actions: [add, add] } } } },
    } as never),
    events: events('GO', 'OTHER'),
    left: ['the beginning', 'GO', 'OTHER'],
  },
  'a way for all events whose names begin alike': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      on: { 'news.*': { actions: add } },
      states: { a: {} },
    } as never),
    events: events('news.good', 'other'),
    left: ['the beginning', 'news.good', 'other'],
  },
  'a way that is forbidden': {
    machine: createMachine({
      ...counts,
      initial: 'a',
      on: { GO: { actions: add } },
      states: { a: { on: { GO: {}, ON: 'b' } }, b: {} },
    } as never),
    events: events('GO', 'ON', 'GO'),
  },
  'a delayed transition, and one whose state is left before': {
    machine: createMachine({
      ...nothingKnown,
      initial: 'a',
      states: {
        a: { ...told('a'), after: { 1500: { target: 'b', actions: done } }, on: { GO: 'b' } },
        b: { ...told('b'), on: { BACK: 'a' } },
      },
    } as never),
    events: events('OTHER', 'OTHER', 'BACK', 'GO', 'OTHER', 'OTHER'),
  },
  'a beginning from an input, with what is done first': {
    machine: createMachine({
      context: ({ input }: { input: { from: number } }) => ({ n: input.from }),
      entry: [add, entered('all')],
      initial: 'a',
      states: {
        a: {
          ...told('a'),
          always: { guard: ({ context }: never) => (context as { n: number }).n > 7, target: 'b' },
        },
        b: told('b'),
      },
    } as never),
    events: events('OTHER'),
  },
  'a context that is the same at each beginning': {
    machine: createMachine({
      context: { n: 1 },
      initial: 'a',
      states: { a: { on: { GO: { actions: add } } } },
    } as never),
    events: events('GO'),
    left: ['the beginning'],
  },
  'an actor that is stopped, beside one that goes on, and one that never ran': {
    machine: withChildren,
    events: events('SPAWN', 'END', 'FOREIGN'),
    left: ['SPAWN'],
  },
  'the end of all, with actors that are still running': {
    machine: withChildren,
    events: events('SPAWN', 'xstate.stop'),
    left: ['SPAWN', 'xstate.stop'],
  },
  'the end of all': {
    machine: createMachine({ ...counts, on: { GO: { actions: add } } } as never),
    events: events('GO', 'xstate.stop'),
  },
  "an event of XState's own": {
    machine: createMachine({ ...counts, on: { GO: { actions: add } } } as never),
    events: events('xstate.done.actor.other', 'GO'),
    left: ['xstate.done.actor.other'],
  },
};

describe('a machine, compiled', () => {
  it.each(Object.entries(cases))(
    'does as the interpreter: %s',
    (_, { machine, events, left: expected = [] }) => {
      const { logic, left } = compiled(machine);
      expect(run(logic, events)).toEqual(run(machine, events));
      expect(left).toEqual(expected);
    },
  );
});

describe('what an event changes, asked before it happens', () => {
  const machine = named.createMachine({
    ...namedCounts,
    on: {
      ADD: { actions: 'add' },
      MORE: { actions: { type: 'addSome', params: ({ context }) => ({ some: context.n + 2 }) } },
      FIXED: { actions: { type: 'note', params: { what: 'x' } } },
      NOTHING: {},
      NEVER: { guard: 'isOdd', actions: 'add' },
      TWO: { actions: ['add', 'add'] },
      TELL: { actions: { type: 'tell', params: { what: 'told' } } },
      MOVE: { target: '.b' },
    },
    states: { a: {}, b: { always: { guard: 'isOdd', target: 'a' } } },
  });
  const at = (state: string) => machine.resolveState({ value: state, context: { n: 2, last: null } });

  it.each([
    ['the one update that there is', 'ADD', { n: 3 }],
    ['an update by parameters', 'MORE', { n: 6 }],
    ['nothing, where nothing is done', 'NOTHING', null],
    ['nothing, where no way is open', 'NEVER', null],
    ['no answer, for an update by an object', 'FIXED', undefined],
    ['no answer, where more is done', 'TWO', undefined],
    ['no answer, where somebody is told', 'TELL', undefined],
    ['no answer, where it leads to another state', 'MOVE', undefined],
    ['no answer, where it has no way', 'OTHER', undefined],
  ])('is %s', (_, type, expected) => {
    expect(chartOf(machine).change(at('a'), { type })).toEqual(expected);
  });

  it('is not known where a way without an event may follow, or the state is not known', () => {
    const chart = chartOf(machine);
    expect(chart.change(at('b'), { type: 'ADD' })).toBeUndefined();
    expect(chart.change({ ...at('a'), value: 'c' } as never, { type: 'ADD' })).toBeUndefined();
  });

  it('is worked out at the instant that the asker knows', () => {
    const clock = createMachine({
      ...counts,
      on: { GO: { actions: assign((moment) => ({ n: (moment as unknown as { at: number }).at }) as never) } },
    } as never);
    const snapshot = clock.resolveState({ value: 'a', context: { n: 0 } } as never);
    expect(chartOf(clock).change(snapshot, { type: 'GO' }, 17)).toEqual({ n: 17 });
  });

  it('is not asked again in the step that follows, unless it was forgotten, or what was known is another', () => {
    let asked = 0;
    const once = createMachine({
      ...counts,
      on: {
        GO: {
          guard: () => {
            asked += 1;
            return true;
          },
          target: '.b',
        },
      },
      states: { a: {}, b: {} },
    } as never);
    const chart = chartOf(once);
    const snapshot = once.resolveState({ value: 'a', context: { n: 0 } } as never);
    const scope = { self: {}, defer() {}, emit() {} } as unknown as Scope;
    const go = { type: 'GO' };
    const stepAfter = (event: EventObject, before = snapshot): number => {
      asked = 0;
      expect(chart.step(before, event, scope)).toMatchObject({ value: 'b' });
      return asked;
    };

    chart.change(snapshot, go);
    expect(stepAfter(go)).toBe(0);
    expect(stepAfter(go)).toBe(1);
    chart.change(snapshot, go);
    expect(stepAfter({ type: 'GO' })).toBe(1);
    chart.change(snapshot, go);
    expect(stepAfter(go, once.resolveState({ value: 'a', context: { n: 0 } } as never))).toBe(1);
    chart.change(snapshot, go);
    chart.forget();
    expect(stepAfter(go)).toBe(1);
  });

  it('changes no snapshot that somebody holds', () => {
    const chart = chartOf(machine);
    const before = at('a');
    const scope = { self: {}, defer() {}, emit() {} } as unknown as Scope;
    const next = chart.step(before, { type: 'TWO' }, scope);
    expect(next?.context).toMatchObject({ n: 4 });
    expect(before.context).toEqual({ n: 2, last: null });
    expect(chart.step(before, { type: 'NEVER' }, scope)).toBe(before);
    expect(chart.step(before, { type: 'NOTHING' }, scope)).toBe(before);
    expect(chart.step({ ...before, status: 'stopped' } as never, { type: 'ADD' }, scope)).toBeUndefined();
  });
});

it('copies what is known once an event, however much of it changes', () => {
  const machine = createMachine({ ...counts, on: { GO: { actions: [add, add, add] } } } as never);
  let copies = 0;
  const chart = new CompiledChart<AnyMachineSnapshot>(machine, (context: object, update: object) => {
    copies += 1;
    return { ...context, ...update };
  });
  const snapshot = machine.resolveState({ value: 'a', context: { n: 0 } } as never);
  expect(chart.step(snapshot, { type: 'GO' }, {} as Scope)?.context).toEqual({ n: 3 });
  expect(copies).toBe(1);
});

it('gives the same snapshot where the actor to be stopped is not one of its children', () => {
  const snapshot = withChildren.resolveState({ value: 'a', context: { n: 0 } } as never);
  const system = { _unregister() {} };
  const scope = { self: {}, system, defer() {}, stopChild() {} } as unknown as Scope;
  expect(chartOf(withChildren).step(snapshot, { type: 'FOREIGN' }, scope)).toBe(snapshot);
});

it('lists every way as a reader of the chart would say it', () => {
  const machine = named.createMachine({
    ...namedCounts,
    on: {
      GO: [
        { guard: 'isOdd', actions: ['add', { type: 'addSome', params: { some: 1 } }] },
        { guard: { type: 'isAbove', params: { least: 1 } }, target: '.b' },
        {
          guard: () => true,
          actions: [raise({ type: 'RING' } as never, { id: 'a', delay: 1 }), cancel('a'), () => {}],
        },
        { actions: [emit(() => ({ type: 'told' }))] },
        { guard: 'missing' as never, actions: 'add' },
        { actions: () => {} },
      ],
    },
    states: { a: { always: { guard: 'isOdd', target: 'b' } }, b: {} },
  });
  expect(chartOf(machine).branches).toEqual([
    'a GO [isOdd] / add, addSome',
    'a GO [isAbove] -> b',
    'a GO [a function] / raise RING, cancel a, a function (interpreted)',
    'a GO / xstate.emit',
    'a GO [missing] / add (interpreted)',
    'a GO / a function (interpreted)',
    'a  [isOdd] -> b',
    'b GO [isOdd] / add, addSome',
    'b GO [isAbove] -> b',
    'b GO [a function] / raise RING, cancel a, a function (interpreted)',
    'b GO / xstate.emit',
    'b GO [missing] / add (interpreted)',
    'b GO / a function (interpreted)',
  ]);
});
