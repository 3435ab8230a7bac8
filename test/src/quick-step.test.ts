import fc from 'fast-check';
import { type CircuitConfig, createToolRegistry, type ToolCircuitEvent, timeWindow } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine, initialTransition } from 'xstate';
import { countWindow, toolCircuitMachine } from '../../machines/index.ts';
import { CircuitActor, type CircuitOwner } from '../../src/circuit-actor.ts';
import { quickStep } from '../../src/quick-step.ts';
import { withContext } from '../../src/with-context.ts';
import { startParent } from '../machines/start-circuit.ts';
import { ManualClock } from '../support/manual-clock.ts';

const stamp = fc.option(
  fc.record({ generation: fc.nat(4), probeStart: fc.option(fc.constantFrom(0, 100, 1_000)) }),
  { nil: undefined },
);
const event: fc.Arbitrary<ToolCircuitEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('REQUEST' as const) }) },
  fc.record({ type: fc.constant('SUCCESS' as const), durationMs: fc.constantFrom(1, 50) }),
  stamp.map((each) => ({ type: 'SUCCESS' as const, ...(each && { stamp: each }) })),
  stamp.map((each) => ({ type: 'FAILURE' as const, retryAfterMs: 20, ...(each && { stamp: each }) })),
  fc.record({
    type: fc.constant('FAILURE' as const),
    category: fc.constantFrom('cancelled' as const, 'network' as const),
    durationMs: fc.constantFrom(1, 50),
  }),
  fc.constantFrom<ToolCircuitEvent>(
    { type: 'ABANDON' },
    { type: 'RESET' },
    { type: 'ISOLATE' },
    { type: 'ISOLATE', forMs: 300 },
    { type: 'RELEASE' },
    { type: 'DISABLE' },
    { type: 'CLOSE' },
  ),
);
const config: fc.Arbitrary<Partial<CircuitConfig>> = fc.record({
  trip: fc.constantFrom(
    undefined as never,
    countWindow({ size: 3, slowCallMs: 10 }),
    timeWindow({ windowMs: 500, minCalls: 2 }),
  ),
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  halfOpenMaxProbes: fc.constantFrom(1, 2, Infinity),
  minBackoffMs: fc.constantFrom(100, 400),
  successThreshold: fc.integer({ min: 1, max: 2 }),
});

/** A life of one circuit, with or without the short way, and all that its parent was told. */
function live(
  steps: readonly [ToolCircuitEvent, number][],
  given: Partial<CircuitConfig>,
  isInspected: boolean,
) {
  const clock = new ManualClock();
  const { parent, reports } = startParent(clock);
  const owner: CircuitOwner = {
    unsettled: new Set(),
    isInspected,
    onSettled: () => {},
    onBareResult: () => {},
  };
  const input = { tool: 'shell', now: clock.now, config: given };
  const circuit = new CircuitActor({ id: 'shell', parent, clock, input }, owner);
  const told: unknown[] = [];
  const view = () => {
    const { value, status, context, children, historyValue, tags } = circuit.getSnapshot();
    const { now: _, config: __, chance: ___, mayTrip: ____, ...known } = context;
    return { value, status, known, children, historyValue, tags: [...tags] };
  };
  circuit.subscribe(() => told.push(view()));
  circuit.start();
  let short = 0;
  for (const [each, ms] of steps) {
    if (quickStep(circuit.getSnapshot(), each) !== undefined) short += 1;
    circuit.send({ ...each });
    clock.advance(ms);
  }
  return { seen: { told, reports, timers: clock.timers, last: view() }, short };
}

describe('the short way of a circuit', () => {
  it('leads where the chart leads, and tells what the chart tells, in every state', () => {
    let short = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, fc.constantFrom(0, 0, 0, 50, 100, 400)), { maxLength: 40, size: 'max' }),
        config,
        (steps, given) => {
          const { trip, ...others } = given;
          const settings = trip === undefined ? others : given;
          const quick = live(steps, settings, false);
          expect(quick.seen).toEqual(live(steps, settings, true).seen);
          short += quick.short;
        },
      ),
      { numRuns: 300 },
    );
    // It was taken often, or nothing was held against anything.
    expect(short).toBeGreaterThan(1_000);
  });

  it('is not taken while somebody inspects every step', () => {
    const registry = createToolRegistry({ clock: new ManualClock() });
    registry.isolate('shell');
    const types: string[] = [];
    const deny = () => {
      types.length = 0;
      registry.allowRequest('shell');
      return types.filter((type) => type === '@xstate.microstep').length;
    };
    expect(deny()).toBe(0);
    const inspector = registry.actor.system.inspect(({ type }) => types.push(type));
    // One of the circuit, and one of the registry.
    expect(deny()).toBe(2);
    inspector.unsubscribe();
    inspector.unsubscribe();
    expect(deny()).toBe(0);
    expect(registry.metrics().breakerDenials).toBe(3);
  });
});

describe('a snapshot with another context', () => {
  it('has every field of the one it was made from, in whatever state', () => {
    const machine = createMachine({ context: { a: 1 }, initial: 'x', states: { x: { tags: 't' } } });
    const [snapshot] = initialTransition(machine);
    const other = withContext(snapshot, { a: 2 });
    expect(Object.keys(other)).toEqual(Object.keys(snapshot));
    expect({ ...other, context: null }).toEqual({ ...snapshot, context: null });
    expect(other.context).toEqual({ a: 2 });
    expect(other.matches('x')).toBe(true);
    expect(other.hasTag('t')).toBe(true);
  });

  it('is what the machine makes of the same', () => {
    const input = { tool: 'shell', now: () => 0 };
    const actor = createActor(toolCircuitMachine, { input }).start();
    const snapshot = actor.getSnapshot();
    expect(Object.keys(withContext(snapshot, snapshot.context))).toEqual(Object.keys(snapshot));
  });
});
