import fc from 'fast-check';
import {
  type CircuitConfig,
  consecutiveFailures,
  countWindow,
  errorCategoryNames,
  type PermitStamp,
  type ToolCircuitEvent,
  type ToolCircuitSnapshot,
  type TripStrategy,
  timeWindow,
  toolCircuitMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { transition } from 'xstate';
import { CircuitActor } from '../../../src/circuits/circuit-actor.ts';
import { quickStep } from '../../../src/circuits/quick-step.ts';
import { startParent } from '../../machines/start-circuit.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

/** Trips at every third call, whatever its result. */
const everyThird: TripStrategy<number> = {
  start: 0,
  record: (calls) => calls + 1,
  trips: (calls) => calls % 3 === 0,
};

const config: fc.Arbitrary<Partial<CircuitConfig>> = fc
  .record({
    trip: fc.constantFrom(
      consecutiveFailures,
      countWindow({ size: 3, minCalls: 2, slowCallMs: 100 }),
      timeWindow({ windowMs: 1_000, slices: 2, minCalls: 3, slowCallMs: 100, slowCallRate: 0.5 }),
      everyThird,
    ),
    failureThreshold: fc.integer({ min: 1, max: 3 }),
    halfOpenMaxProbes: fc.constantFrom(1, 2, Infinity),
    successThreshold: fc.integer({ min: 1, max: 2 }),
    spare: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ spare, ...rest }) => ({
    ...rest,
    minBackoffMs: 1_000,
    probeTimeoutMs: 1_500,
    probesPerVerdict: rest.successThreshold + spare,
  }));

const at = fc.option(fc.integer({ min: -10, max: 4_000 }), { nil: undefined });
const stamp: fc.Arbitrary<PermitStamp | undefined> = fc.option(
  fc.record({
    generation: fc.integer({ min: 0, max: 6 }),
    probeStart: fc.option(fc.constantFrom(0, 1_000, 1_500, 2_000)),
  }),
  { nil: undefined },
);
const durationMs = fc.constantFrom(undefined, 0, 100, 101, Number.NaN);

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('SUCCESS' as const), at, stamp, durationMs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('FAILURE' as const),
      at,
      stamp,
      durationMs,
      category: fc.constantFrom(undefined, ...errorCategoryNames),
      retryAfterMs: fc.constantFrom(undefined, 0, 700, Number.NaN),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('REQUEST' as const), at }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('ISOLATE' as const), forMs: fc.constantFrom(undefined, 500) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('ABANDON', 'RESET', 'DISABLE', 'RELEASE', 'CLOSE', 'RESUME', 'DISARM'),
    }),
  },
) as fc.Arbitrary<ToolCircuitEvent>;

const walk = fc.array(
  fc.record({
    event,
    waitMs: fc.constantFrom(0, 0, 0, 1, 500, 1_000, 1_500),
    isTimerLate: fc.boolean(),
    mayTrip: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
);
type Step = (typeof walk extends fc.Arbitrary<infer Steps> ? Steps : never)[number];

const plain = ({ value, status, context, ...rest }: ToolCircuitSnapshot) => {
  const { now: _, chance: __, mayTrip: ___, ...known } = context;
  return {
    value,
    status,
    known,
    fields: [...Object.keys(rest), ...Object.keys(context)].sort(),
    tags: [...rest.tags],
    output: rest.output,
    error: rest.error,
  };
};

function start(config: Partial<CircuitConfig>, isInspected: boolean) {
  const clock = new ManualClock();
  const { parent, reports } = startParent(clock);
  let mayTrip = true;
  const circuit = new CircuitActor(
    {
      id: 'shell',
      parent,
      input: { tool: 'shell', now: clock.now, config, mayTrip: () => mayTrip },
    },
    { unsettled: new Set(), isInspected, onSettled: () => {}, onBareResult: () => {} },
  );
  const seen: unknown[] = [];
  circuit.subscribe((snapshot) => seen.push(plain(snapshot)));
  circuit.start();
  const step = (each: Step): void => {
    mayTrip = each.mayTrip;
    circuit.send(each.event);
    if (each.isTimerLate) clock.advanceWithLateTimers(each.waitMs);
    else clock.advance(each.waitMs);
  };
  return { clock, circuit, reports, seen, step };
}

describe('a quick step', () => {
  it('returns the same snapshot as the chart, if it returns one', () => {
    let taken = 0;
    checkProperty(
      fc.property(config, walk, (config, steps) => {
        const { circuit, step } = start(config, true);
        for (const each of steps) {
          const before = circuit.getSnapshot();
          const quick = quickStep(before, each.event);
          if (quick !== undefined) {
            taken += 1;
            expect(plain(quick)).toEqual(plain(transition(toolCircuitMachine, before, each.event)[0]));
          }
          step(each);
        }
      }),
      { atLeast: 38, atMost: 150 },
    );
    // Otherwise the property could hold because no quick step was ever taken.
    expect(taken).toBeGreaterThan(500);
  });

  it('makes no difference between inspected and other circuits in states, reports, observers and timers', () => {
    checkProperty(
      fc.property(config, walk, (config, steps) => {
        const [quick, charted] = [start(config, false), start(config, true)];
        for (const each of steps) {
          quick.step(each);
          charted.step(each);
          expect(plain(quick.circuit.getSnapshot())).toEqual(plain(charted.circuit.getSnapshot()));
          expect(quick.circuit.latest).toBe(quick.circuit.getSnapshot());
        }
        expect(quick.reports).toEqual(charted.reports);
        expect(quick.seen).toEqual(charted.seen);
        expect(quick.clock.timers).toBe(charted.clock.timers);
      }),
      { atLeast: 38, atMost: 150 },
    );
  });

  it.each<[string, ToolCircuitEvent]>([
    ['a request that is admitted', { type: 'REQUEST' }],
    ['a failure that trips', { type: 'FAILURE' }],
    ['an operator’s event', { type: 'ISOLATE' }],
  ])('leaves %s to the chart', (_, event) => {
    const { circuit } = start({ failureThreshold: 1 }, false);
    expect(quickStep(circuit.getSnapshot(), event)).toBeUndefined();
  });

  it('returns a snapshot with working methods', () => {
    const { circuit } = start({}, false);
    circuit.send({ type: 'FAILURE' });
    const snapshot = circuit.getSnapshot();
    expect(snapshot.matches('closed')).toBe(true);
    expect(snapshot.can({ type: 'RELEASE' })).toBe(false);
    expect(snapshot.toJSON()).toMatchObject({ value: 'closed', status: 'active' });
  });

  it('does not change an earlier snapshot', () => {
    const { circuit } = start({}, false);
    const before = circuit.getSnapshot();
    circuit.send({ type: 'FAILURE' });
    expect(before.context.failureCount).toBe(0);
    expect(circuit.getSnapshot().context.failureCount).toBe(1);
  });
});
