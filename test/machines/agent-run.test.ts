import fc from 'fast-check';
import { type AgentRunEvent, agentRunMachine, type EndedCall } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';
import { checkProperty } from '../support/property.ts';
import { startParent } from './start-circuit.ts';

const config = { warnAfter: 3, denyAfter: 5, stopAfter: 10, quietMs: 1_000 };

const success = (input: string, outcome = 'x', tool = 'search'): EndedCall => ({
  tool,
  input,
  ended: 'success',
  outcome,
  mistake: null,
  said: null,
});

function startRun(clock = new ManualClock()) {
  const actor = createActor(agentRunMachine, {
    clock,
    input: { run: 'main', now: clock.now, config },
  }).start();
  const end = (call: EndedCall, times = 1): void => {
    for (let i = 0; i < times; i++) actor.send({ type: 'CALL_ENDED', call });
  };
  return { actor, clock, end, state: () => actor.getSnapshot().value };
}

describe('a run', () => {
  it('begins with nothing repeated, warned of or refused', () => {
    expect(startRun().actor.getSnapshot()).toMatchObject({
      value: 'steady',
      context: { loop: null, isObserved: false, lastAt: null, warned: 0, denied: 0 },
    });
  });

  it('goes from steady over repeating and refusing to stopped, and back at the first new call', () => {
    const { actor, end, state } = startRun();
    const states = Array.from({ length: 10 }, () => {
      end(success('1'));
      return state();
    });
    expect(states).toEqual([
      'steady',
      'steady',
      'repeating',
      'repeating',
      'refusing',
      'refusing',
      'refusing',
      'refusing',
      'refusing',
      'stopped',
    ]);
    end(success('2'));
    expect(state()).toBe('steady');
    expect(actor.getSnapshot().context.loop).toBeNull();
  });

  it('goes back by as much as its second loop is less than the first', () => {
    const { end, state } = startRun();
    const mistake: EndedCall = {
      ...success('0', 'y', 'edit'),
      ended: 'mistake',
      mistake: 'm',
      said: 'wrong',
    };
    for (let i = 0; i < 6; i++) end({ ...mistake, input: String(i) });
    end(success('1'), 10);
    expect(state()).toBe('stopped');
    end(success('2'));
    expect(state()).toBe('refusing');
  });

  it.each(['repeating', 'refusing', 'stopped'] as const)(
    'that is %s becomes steady when it is quiet',
    (name) => {
      const { clock, end, state } = startRun();
      end(success('1'), { repeating: 3, refusing: 5, stopped: 10 }[name]);
      clock.advance(600);
      end(success('1'));
      expect(state()).not.toBe('steady');
      clock.advance(999);
      expect(state()).not.toBe('steady');
      clock.advance(1);
      expect(state()).toBe('steady');
      expect(clock.timers).toBe(0);
    },
  );

  it('forgets what it did before it was quiet, also where it was steady', () => {
    const { clock, end, state } = startRun();
    end(success('1'), 2);
    clock.advance(1_000);
    end(success('1'));
    expect(state()).toBe('steady');
  });

  it('counts what it refuses, and spares what only observes', () => {
    const { actor, end } = startRun();
    end(success('1'), 5);
    const ask = (isObserved: boolean): void =>
      actor.send({ type: 'CALL_ASKED', call: { tool: 'search', input: '1' }, isObserved });
    ask(true);
    expect(actor.getSnapshot().context).toMatchObject({ denied: 1, loop: { count: 5 }, isObserved: true });
    ask(false);
    expect(actor.getSnapshot().context).toMatchObject({ denied: 2, loop: { count: 6 }, isObserved: false });
  });
});

describe('a run without a parent', () => {
  it('sends no event, not even to itself', () => {
    const sent: string[] = [];
    const clock = new ManualClock();
    const actor = createActor(agentRunMachine, {
      clock,
      input: { run: 'main', now: clock.now, config },
      inspect: (event) => {
        if (event.type === '@xstate.event') sent.push(event.event.type);
      },
    }).start();
    for (let i = 0; i < 10; i++) actor.send({ type: 'CALL_ENDED', call: success('1') });
    actor.send({ type: 'CALL_ASKED', call: success('1') });
    actor.send({ type: 'ACKNOWLEDGE' });
    const ended = Array.from({ length: 10 }, () => 'CALL_ENDED');
    expect(sent).toEqual(['xstate.init', ...ended, 'CALL_ASKED', 'ACKNOWLEDGE']);
  });
});

describe('a run with a parent', () => {
  function startChild() {
    const clock = new ManualClock();
    const { parent, reports } = startParent(clock);
    const input = { run: 'main', now: clock.now, config };
    const actor = createActor(agentRunMachine, { parent, id: 'main', input }).start();
    return { actor, reports };
  }
  const report = (type: string, count: number, isObserved: boolean) => ({
    type,
    run: 'main',
    kind: 'sameCall',
    tool: 'search',
    count,
    isObserved,
  });

  it.each([false, true, undefined])(
    'reports what it warns of, refuses and is stopped for (observed: %s)',
    (isObserved) => {
      const { actor, reports } = startChild();
      const seen = isObserved === undefined ? {} : { isObserved };
      for (let i = 0; i < 5; i++) actor.send({ type: 'CALL_ENDED', call: success('1'), ...seen });
      actor.send({ type: 'CALL_ASKED', call: success('1'), ...seen });
      const is = isObserved === true;
      expect(reports).toEqual([
        report('LOOP_WARNED', 3, is),
        report('LOOP_WARNED', 4, is),
        report('LOOP_WARNED', 5, is),
        report('LOOP_DENIED', is ? 5 : 6, is),
      ]);
      for (let i = 0; i < 5; i++) actor.send({ type: 'CALL_ENDED', call: success('1'), ...seen });
      expect(reports).toContainEqual(report('LOOP_STOPPED', 10, is));
      actor.send({ type: 'ACKNOWLEDGE' });
      expect(reports.at(-1)).toEqual({ type: 'LOOP_ENDED', run: 'main' });
    },
  );
});

describe('a call that a run asks for', () => {
  const ask = (input: string) => ({ type: 'CALL_ASKED', call: { tool: 'search', input } }) as const;

  it('changes nothing where it may be made', () => {
    const { actor, end } = startRun();
    actor.send(ask('1'));
    end(success('1'), 4);
    const { context } = actor.getSnapshot();
    actor.send(ask('1'));
    actor.send(ask('2'));
    expect(actor.getSnapshot().context).toBe(context);
  });

  it('may be made after a quiet time, whatever was repeated before', () => {
    const { actor, clock, end } = startRun();
    end(success('1'), 2);
    clock.advance(1_000);
    actor.send(ask('1'));
    expect(actor.getSnapshot().context.denied).toBe(0);
  });

  it('is refused for nothing where the quiet time ends between two looks at the clock', () => {
    const clock = new ManualClock();
    const { parent, reports } = startParent(clock);
    let isTicking = false;
    const now = (): number => {
      if (isTicking) clock.advanceWithLateTimers(1);
      return clock.now();
    };
    const actor = createActor(agentRunMachine, { parent, id: 'main', input: { run: 'main', now, config } });
    actor.start();
    for (let i = 0; i < 5; i++) actor.send({ type: 'CALL_ENDED', call: success('1') });
    reports.length = 0;
    clock.advanceWithLateTimers(998);
    isTicking = true;
    actor.send(ask('1'));
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', context: { denied: 0 } });
    expect(reports).toEqual([]);
  });
});

/** What a run should do, counted anew from all that has happened. */
class Model {
  readonly #past: { input: string; outcome: string }[] = [];

  add(input: string, outcome: string): void {
    this.#past.push({ input, outcome });
  }

  acknowledge(): void {
    this.#past.length = 0;
  }

  /** How often the last call was made with the same outcome since anything new, where at most four calls take turns. */
  get count(): number {
    let cycle = new Map<string, { outcome: string; count: number }>();
    for (const { input, outcome } of this.#past) {
      const known = cycle.get(input);
      if (known !== undefined && known.outcome === outcome) known.count += 1;
      else if (known !== undefined || [...cycle.values()].some(({ count }) => count > 1)) {
        cycle = new Map([[input, { outcome, count: 1 }]]);
      } else {
        cycle.set(input, { outcome, count: 1 });
        if (cycle.size > 4) cycle.delete([...cycle.keys()][0] as string);
      }
    }
    return Math.max(0, ...[...cycle.values()].map(({ count }) => count));
  }
}

it('a run agrees with a model in any sequence of calls', () => {
  const step = fc.record({
    input: fc.constantFrom('1', '2', '3', '4', '5', '6'),
    outcome: fc.constantFrom('x', 'x', 'x', 'y'),
    times: fc.integer({ min: 1, max: 12 }),
    isAcknowledged: fc.boolean(),
  });
  checkProperty(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { actor, end, state } = startRun();
      const model = new Model();
      const stateOf = (count: number): string =>
        count >= 10 ? 'stopped' : count >= 5 ? 'refusing' : count >= 3 ? 'repeating' : 'steady';
      for (const { input, outcome, times, isAcknowledged } of steps) {
        for (let i = 0; i < times; i++) {
          end(success(input, outcome));
          model.add(input, outcome);
          expect(state()).toBe(stateOf(model.count));
        }
        if (!isAcknowledged) continue;
        if (state() === 'stopped') model.acknowledge();
        actor.send({ type: 'ACKNOWLEDGE' });
        expect(state()).toBe(stateOf(model.count));
      }
    }),
    { atMost: 400 },
  );
});

it('a run is bounded, and never throws, in any sequence of events', () => {
  const call = fc.record({
    tool: fc.constantFrom('a', 'b', 'c'),
    input: fc.option(fc.constantFrom('1', '2', '3')),
    ended: fc.constantFrom(
      'success' as const,
      'failure' as const,
      'mistake' as const,
      'unknownTool' as const,
    ),
    outcome: fc.option(fc.constantFrom('x', 'y')),
    mistake: fc.option(fc.constantFrom('m', 'n', 'o')),
    said: fc.option(fc.constantFrom('no', 'never')),
  });
  const event = fc.oneof(
    fc.record({ type: fc.constant('CALL_ENDED' as const), call, isObserved: fc.boolean() }),
    fc.record({ type: fc.constant('CALL_ASKED' as const), call, isObserved: fc.boolean() }),
    fc.constant<AgentRunEvent>({ type: 'ACKNOWLEDGE' }),
  );
  checkProperty(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const { actor } = startRun();
      for (const each of events) {
        actor.send(each);
        const { context, value, status } = actor.getSnapshot();
        const { cycle, mistakes, unknown } = context.memory;
        expect(status).toBe('active');
        expect(cycle.length).toBeLessThanOrEqual(4);
        expect(mistakes.length).toBeLessThanOrEqual(20);
        expect(unknown?.names.length ?? 0).toBeLessThanOrEqual(16);
        const most = context.loop?.count ?? 0;
        expect(most >= 3).toBe(value !== 'steady');
        expect(most >= 10).toBe(value === 'stopped');
      }
    }),
    { atMost: 300 },
  );
});
