import fc from 'fast-check';
import { createToolRegistry } from 'toolfuse';
import {
  type CircuitState,
  type ToolRegistryEvent,
  type ToolRegistryInput,
  type ToolRegistryRef,
  toolCircuitMachine,
  toolRegistryMachine,
} from 'toolfuse/machines';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AnyActorRef, createActor, type InspectionEvent, type Subscription } from 'xstate';
import { follower } from '../../../machines/xstate-internals.ts';
import { RegistryActor } from '../../../src/circuits/registry-actor.ts';
import { takenTransition } from '../../../src/inspect/taken-transition.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

/** More walks once: `WALKS=10000 npx vitest run registry-actor --testTimeout 0`. */
const walks = Number(process.env.WALKS ?? 0);

const states = ['closed', 'open', 'halfOpen', 'isolated', 'disabled'] as const;
const tool = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');

/** What a life of circuits reports: only what can happen, so that each state of the registry is a reachable one. */
interface Step {
  readonly do: 'begin' | 'change' | 'deny' | 'spare' | 'forget' | 'acknowledge' | 'wait';
  readonly tool: string;
  readonly to: CircuitState;
  /** Somebody inspects or follows, or observes, from here on, or nobody does. */
  readonly watched: 'inspected' | 'followed' | 'not' | null;
  readonly isObserved: boolean | null;
  readonly isLookedAt: boolean;
}
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    'begin',
    'begin',
    'change',
    'change',
    'change',
    'deny',
    'spare',
    'forget',
    'acknowledge',
    'wait',
  ),
  tool,
  to: fc.constantFrom(...states),
  watched: fc.option(fc.constantFrom('inspected', 'followed', 'not'), { freq: 3 }),
  isObserved: fc.option(fc.boolean(), { freq: 3 }),
  isLookedAt: fc.boolean(),
});

type Make = (options: {
  input: ToolRegistryInput;
  clock: ManualClock;
}) => ToolRegistryRef & { start(): unknown };
const nothing = { onInspected: () => {}, onEmitted: () => {}, onStop: () => {} };
const compiled: Make = (options) => new RegistryActor(options, nothing);
const interpreted: Make = (options) => createActor(toolRegistryMachine, options);

function run(make: Make, steps: readonly Step[], maxOpenCircuits: number) {
  const clock = new ManualClock();
  const actor = make({ input: { now: clock.now, recovery: { maxOpenCircuits, cooldownMs: 100 } }, clock });
  const emitted: unknown[] = [];
  const told: unknown[] = [];
  actor.on('*', (event) => emitted.push(structuredClone(event)));
  const plain = (snapshot = actor.getSnapshot()) => {
    const { context, tags, _nodes, machine, ...rest } = snapshot as typeof snapshot & {
      readonly _nodes: readonly { readonly id: string }[];
    };
    const { now: _, ...known } = context;
    const fields = [...Object.keys(snapshot), ...Object.keys(context)].sort();
    const nodes = _nodes.map(({ id }) => id);
    return structuredClone({ value: rest.value, status: rest.status, known, fields, nodes, tags: [...tags] });
  };
  let observer: Subscription | undefined;
  let inspector: Subscription | undefined;
  const followed: unknown[] = [];
  const follow = follower((event) => {
    if (event.type === '@xstate.snapshot') followed.push(plain(event.snapshot as never));
    if (event.type !== '@xstate.microstep') return;
    for (const transition of event._transitions)
      followed.push([event.event.type, takenTransition(transition)]);
  });
  const watch = ({ watched, isObserved }: Step): void => {
    if (watched !== null) inspector?.unsubscribe();
    if (watched === 'inspected') inspector = actor.system.inspect(() => {});
    if (watched === 'followed') inspector = actor.system.inspect(follow);
    if (isObserved !== null) observer?.unsubscribe();
    if (isObserved === true) observer = actor.subscribe((snapshot) => told.push(plain(snapshot)));
  };
  actor.start();
  const known = new Map<string, CircuitState>();
  const others = { openCount: 1, currentBackoffMs: 5, lastErrorCategory: null };
  const snapshots: unknown[] = [];
  const eventOf = (each: Step): ToolRegistryEvent | undefined => {
    if (each.do === 'acknowledge') return { type: 'ACKNOWLEDGE' };
    if (each.do === 'wait') return void clock.advance(60);
    if (!('tool' in each)) return undefined;
    const from = known.get(each.tool);
    if (each.do === 'begin' && from === undefined) {
      known.set(each.tool, each.to);
      return { type: 'CIRCUIT_BEGAN', tool: each.tool, key: null, state: each.to };
    }
    if (from === undefined) return undefined;
    if (each.do === 'change' && from !== each.to) {
      known.set(each.tool, each.to);
      return { type: 'CIRCUIT_CHANGED', tool: each.tool, key: null, from, to: each.to, ...others };
    }
    if (each.do === 'deny') {
      return {
        type: 'REQUEST_DENIED',
        tool: each.tool,
        key: null,
        at: 1,
        state: from,
        lastErrorCategory: null,
      };
    }
    if (each.do === 'spare') {
      return {
        type: 'TRIP_SPARED',
        tool: each.tool,
        key: null,
        state: each.to,
        why: each.to === 'closed' ? 'cap' : 'disabled',
        isFirst: from === 'closed',
        lastErrorCategory: null,
      };
    }
    if (each.do === 'forget') {
      known.delete(each.tool);
      // Any actor will do to be stopped: this one was never started.
      const ref = createActor(toolRegistryMachine, { parent: actor, input: { now: clock.now } });
      return { type: 'FORGET', circuits: [{ tool: each.tool, key: null, state: from, ref }] };
    }
    return undefined;
  };
  for (const each of steps) {
    watch(each);
    const event = eventOf(each);
    if (event !== undefined) actor.send(event);
    if (each.isLookedAt) snapshots.push(plain());
  }
  const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
  return { snapshots, last: plain(), emitted, told, followed, timers: clock.timers, persisted };
}

describe('the compiled chart of the registry', () => {
  it('equals the interpreter on every walk: snapshots, observers, transitions, events and timers', () => {
    checkProperty(
      fc.property(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.constantFrom(1, 2, Infinity),
        (steps, maxOpenCircuits) => {
          const [ours, theirs] = [compiled, interpreted].map((make) => run(make, steps, maxOpenCircuits));
          expect(ours).toEqual(theirs);
        },
      ),
      walks > 0 ? { atLeast: walks, atMost: walks } : { atLeast: 50, atMost: 200 },
    );
  });

  it('gives a snapshot that can still be asked', () => {
    const actor = new RegistryActor({ input: { now: () => 0 } }, nothing).start();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', key: null, state: 'closed' });
    const snapshot = actor.getSnapshot();
    expect(snapshot.matches('operational')).toBe(true);
    expect(snapshot.can({ type: 'ACKNOWLEDGE' })).toBe(false);
    expect(snapshot.toJSON()).toMatchObject({ value: 'operational', status: 'active' });
  });

  it('gives the same snapshot as long as nothing happens', () => {
    const actor = new RegistryActor({ input: { now: () => 0 } }, nothing).start();
    expect(actor.getSnapshot()).toBe(actor.getSnapshot());
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', key: null, state: 'open' });
    expect(actor.getSnapshot().context.openCircuits).toEqual(['shell']);
    expect(actor.getSnapshot()).toBe(actor.getSnapshot());
  });

  it('leaves an earlier snapshot as it was', () => {
    const actor = new RegistryActor({ input: { now: () => 0 } }, nothing).start();
    const before = actor.getSnapshot();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', key: null, state: 'closed' });
    expect(before.context.counts.closed).toBe(0);
    expect(actor.getSnapshot().context.counts.closed).toBe(1);
  });
});

describe('an inspector', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** A registry with an open circuit, and how often each chart runs in full for what is done. */
  function setUp(inspect?: (event: InspectionEvent) => void) {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1 },
      ...(inspect && { inspect }),
    });
    registry.recordFailure('shell', 'timeout');
    const charts = [toolCircuitMachine, toolRegistryMachine].map((machine) =>
      vi.spyOn(machine, 'transition'),
    );
    const chartsRunBy = (act: () => void): number[] => {
      for (const chart of charts) chart.mockClear();
      act();
      return charts.map((chart) => chart.mock.calls.length);
    };
    const deny = () => expect(registry.allowRequest('shell')).toBe(false);
    let tools = 0;
    const begin = () => void registry.tool(`tool ${++tools}`);
    return { registry, chartsRunBy, deny, begin };
  }

  it('that is not there lets a denial and a new tool be taken in short', () => {
    const { chartsRunBy, deny, begin } = setUp();
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('that is there from the beginning sees the charts run in full', () => {
    const { chartsRunBy, deny, begin } = setUp(() => {});
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it('that comes late sees every microstep from then on, and none is run once it has gone', () => {
    const { registry, chartsRunBy, deny, begin } = setUp();
    const seen: string[] = [];
    const subscription = registry.actor.system.inspect((event) => {
      if (event.type !== '@xstate.microstep') return;
      seen.push(`${(event.actorRef as AnyActorRef).id}: ${event.event.type}`);
    });
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(seen).toEqual(['shell: REQUEST', 'toolfuse: REQUEST_DENIED', 'toolfuse: CIRCUIT_BEGAN']);
    subscription.unsubscribe();
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(seen).toHaveLength(3);
  });

  it('that only follows is told of the same transitions, and no chart runs in full for it', () => {
    const { registry, chartsRunBy, deny, begin } = setUp();
    const seen: string[] = [];
    const subscription = registry.actor.system.inspect(
      follower((event) => {
        if (event.type !== '@xstate.microstep') return;
        const { source, event: on, index } = takenTransition(event._transitions[0]) ?? {};
        seen.push(`${(event.actorRef as AnyActorRef).id}: ${event.event.type} by ${source} ${on} ${index}`);
      }),
    );
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(seen).toEqual([
      'shell: REQUEST by open REQUEST 2',
      'toolfuse: REQUEST_DENIED by  REQUEST_DENIED 0',
      'toolfuse: CIRCUIT_BEGAN by  CIRCUIT_BEGAN 0',
    ]);
    const other = registry.actor.system.inspect(() => {});
    expect(chartsRunBy(deny)).toEqual([1, 1]);
    expect(seen).toHaveLength(5);
    other.unsubscribe();
    expect(chartsRunBy(deny)).toEqual([0, 0]);
    subscription.unsubscribe();
    deny();
    expect(seen).toHaveLength(7);
  });

  it('that follows, and goes, takes no other inspector’s place', () => {
    const { registry, chartsRunBy, deny } = setUp();
    registry.actor.system.inspect(follower(() => {})).unsubscribe();
    registry.actor.system.inspect(() => {});
    expect(chartsRunBy(deny)).toEqual([1, 1]);
  });

  it('that only follows is told of no transition where none is taken', () => {
    const { registry } = setUp();
    const seen: string[] = [];
    registry.actor.system.inspect(follower(({ type }) => seen.push(type)));
    // Nothing is paused.
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    registry.tool('shell').send({ type: 'RELEASE' });
    expect(seen).not.toContain('@xstate.microstep');
  });

  it('that goes twice does not take the place of another', () => {
    const { registry, chartsRunBy, deny } = setUp();
    const [one] = [registry.actor.system.inspect(() => {}), registry.actor.system.inspect(() => {})];
    one?.unsubscribe();
    one?.unsubscribe();
    expect(chartsRunBy(deny)).toEqual([1, 1]);
  });

  it('changes nothing of what is emitted, counted and told', () => {
    const life = (isInspected: boolean): unknown => {
      const { registry, deny, begin } = setUp(isInspected ? () => {} : undefined);
      const said: unknown[] = [];
      registry.on('*', (event) => said.push(event));
      registry.actor.subscribe(({ context }) => said.push([context.counts, context.breakerDenials]));
      for (const act of [deny, begin, deny, begin]) act();
      registry.isolate('shell');
      deny();
      return said;
    };
    expect(life(false)).toEqual(life(true));
  });
});

describe('an event of the registry with fields missing', () => {
  it.each(['FORGET', 'STOP_CIRCUITS', 'LOOP_STOPPED', 'FLEET_NEWS', 'CIRCUIT_CHANGED'] as const)(
    'changes nothing and ends nothing: %s',
    (type) => {
      const printed = vi
        .spyOn(console, 'error')
        .mockReset()
        .mockImplementation(() => {});
      const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
      registry.recordFailure('a', 'network');
      registry.actor.send({ type } as ToolRegistryEvent);
      registry.recordFailure('b', 'network');
      for (const [text] of printed.mock.calls) expect(text).toBe(`toolfuse: ${type} threw`);
      expect(registry.actor.getSnapshot().status).toBe('active');
      expect(registry.actor.getSnapshot().context.openCircuits).toEqual(['a', 'b']);
      registry.stop();
      printed.mockRestore();
    },
  );
});
