import fc from 'fast-check';
import { createToolRegistry } from 'toolfuse';
import {
  type CircuitState,
  type ToolRegistryEvent,
  toolCircuitMachine,
  toolRegistryMachine,
} from 'toolfuse/machines';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AnyActorRef, createActor, type InspectionEvent } from 'xstate';
import { registryLogic } from '../../../src/circuits/registry-actor.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const states = ['closed', 'open', 'halfOpen', 'isolated', 'disabled'] as const;
const tool = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');

/** Possible sequences of reports only, so that every state of the registry is reachable. */
interface Step {
  readonly do: 'begin' | 'change' | 'deny' | 'spare' | 'forget' | 'acknowledge' | 'wait';
  readonly tool: string;
  readonly to: CircuitState;
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
});

function run(logic: typeof toolRegistryMachine, steps: readonly Step[], maxOpenCircuits: number) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const actor = createActor(logic, {
    input: { now: clock.now, recovery: { maxOpenCircuits, cooldownMs: 100 } },
    clock,
    inspect: ({ type }: InspectionEvent) => type === '@xstate.snapshot' && seen.push(type),
  });
  const emitted: unknown[] = [];
  const told: unknown[] = [];
  actor.on('*', (event) => emitted.push(event));
  const plain = () => {
    const { value, status, context, children, historyValue, tags } = actor.getSnapshot();
    const { now: _, ...rest } = context;
    return { value, status, context: rest, children, historyValue, tags: [...tags] };
  };
  actor.subscribe(() => told.push(plain()));
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
      return { type: 'CIRCUIT_BEGAN', tool: each.tool, state: each.to };
    }
    if (from === undefined) return undefined;
    if (each.do === 'change' && from !== each.to) {
      known.set(each.tool, each.to);
      return { type: 'CIRCUIT_CHANGED', tool: each.tool, from, to: each.to, ...others };
    }
    if (each.do === 'deny') {
      return { type: 'REQUEST_DENIED', tool: each.tool, at: 1, state: from, lastErrorCategory: null };
    }
    if (each.do === 'spare') {
      return {
        type: 'TRIP_SPARED',
        tool: each.tool,
        state: each.to,
        isFirst: from === 'closed',
        lastErrorCategory: null,
      };
    }
    if (each.do === 'forget') {
      known.delete(each.tool);
      // Any actor will do as the one to stop; this one was never started.
      const ref = createActor(toolRegistryMachine, { parent: actor, input: { now: clock.now } });
      return { type: 'FORGET', circuits: [{ tool: each.tool, state: from, ref }] };
    }
    return undefined;
  };
  for (const each of steps) {
    const event = eventOf(each);
    if (event !== undefined) actor.send(event);
    snapshots.push(plain());
  }
  return {
    snapshots,
    emitted,
    told,
    seen,
    timers: clock.timers,
    methods: Object.keys(actor.getSnapshot()).sort(),
  };
}

describe('the shortcut of the registry', () => {
  it('returns the same as the chart, in every reachable state of the registry', () => {
    checkProperty(
      fc.property(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.constantFrom(1, 2, Infinity),
        (steps, maxOpenCircuits) => {
          expect(run(registryLogic, steps, maxOpenCircuits)).toEqual(
            run(toolRegistryMachine, steps, maxOpenCircuits),
          );
        },
      ),
      { atLeast: 50, atMost: 200 },
    );
  });

  it('returns a snapshot with working methods', () => {
    const actor = createActor(registryLogic, { input: { now: () => 0 } }).start();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', state: 'closed' });
    const snapshot = actor.getSnapshot();
    expect(snapshot.matches('operational')).toBe(true);
    expect(snapshot.can({ type: 'ACKNOWLEDGE' })).toBe(false);
    expect(snapshot.toJSON()).toMatchObject({ value: 'operational', status: 'active' });
  });

  it('does not change an earlier snapshot', () => {
    const actor = createActor(registryLogic, { input: { now: () => 0 } }).start();
    const before = actor.getSnapshot();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', state: 'closed' });
    expect(before.context.counts.closed).toBe(0);
    expect(actor.getSnapshot().context.counts.closed).toBe(1);
  });
});

describe('an inspector', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** A registry with an open circuit, and counters of how often each chart runs in full. */
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

  it('that is absent allows shortcuts for a denial and a new tool', () => {
    const { chartsRunBy, deny, begin } = setUp();
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('that is present from the start sees the charts run in full', () => {
    const { chartsRunBy, deny, begin } = setUp(() => {});
    expect([chartsRunBy(deny), chartsRunBy(begin)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it('that is attached later sees every microstep from then on, and none runs after it is detached', () => {
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

  it('that is detached twice does not count as two', () => {
    const { registry, chartsRunBy, deny } = setUp();
    const [one] = [registry.actor.system.inspect(() => {}), registry.actor.system.inspect(() => {})];
    one?.unsubscribe();
    one?.unsubscribe();
    expect(chartsRunBy(deny)).toEqual([1, 1]);
  });

  it('does not affect events, counters or reports', () => {
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
