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
import { describe, expect, it, vi } from 'vitest';
import { createActor, type Subscription } from 'xstate';
import { circuitChart, registryChart } from '../../../src/circuits/charts.ts';
import { Circuit } from '../../../src/circuits/circuit.ts';
import { takenTransition } from '../../../src/inspect/taken-transition.ts';
import { startParent } from '../../machines/start-circuit.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

/** More walks once: `WALKS=10000 npx vitest run compiled-chart --testTimeout 0`. */
const walks = Number(process.env.WALKS ?? 0);
const effort = walks > 0 ? { atLeast: walks, atMost: walks } : { atLeast: 60, atMost: 400 };

/** Trips at every third call, whatever it was. */
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

/** What else happens around an event: who looks on, how it comes, and when the timers fire. */
const walk = fc.array(
  fc.record({
    event,
    waitMs: fc.constantFrom(0, 0, 0, 1, 500, 1_000, 1_500),
    isTimerLate: fc.boolean(),
    mayTrip: fc.boolean(),
    /** Somebody inspects or follows from here on, or nobody does. */
    watched: fc.option(fc.constantFrom('inspected', 'followed', 'not'), { nil: undefined, freq: 3 }),
    /** Somebody observes from here on, or nobody does. */
    isObserved: fc.option(fc.boolean(), { nil: undefined, freq: 3 }),
    /** A result comes by the registry, and so may go untold. */
    isTold: fc.boolean(),
    isLookedAt: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
);
type Step = (typeof walk extends fc.Arbitrary<infer Steps> ? Steps : never)[number];

/** A snapshot field by field, in an order that does not matter, but for what belongs to one registry alone. */
const plain = (snapshot: ToolCircuitSnapshot) => {
  const { context, tags, _nodes, machine, ...rest } = snapshot as ToolCircuitSnapshot & {
    readonly _nodes: readonly { readonly id: string }[];
  };
  const { now: _, chance: __, mayTrip: ___, ...known } = context;
  return {
    ...rest,
    known,
    fields: [...Object.keys(snapshot), ...Object.keys(context)].sort(),
    tags: [...tags],
    nodes: _nodes.map(({ id }) => id),
    isOfOurMachine: machine === toolCircuitMachine,
  };
};

/** A circuit that runs as `how` says, on a clock of its own, with or without a parent. */
function start(config: Partial<CircuitConfig>, how: 'compiled' | 'interpreted', hasParent: boolean) {
  const clock = new ManualClock();
  const { parent, reports } = startParent(clock);
  let mayTrip = true;
  const options = {
    id: 'shell',
    ...(hasParent ? { parent } : { clock }),
    input: { tool: 'shell', now: clock.now, config, mayTrip: () => mayTrip },
  };
  const owner = {
    unsettled: new Set<Circuit>(),
    isInspected: false,
    isInterpreted: false,
    onSettled() {},
    onBareResult() {},
    onVerdict() {},
  };
  const circuit = how === 'compiled' ? new Circuit(options, owner) : undefined;
  const actor = circuit?.actor ?? createActor(toolCircuitMachine, options);
  const seen: unknown[] = [];
  let observer: Subscription | undefined;
  const observe = (isObserved: boolean): void => {
    observer?.unsubscribe();
    observer = isObserved ? actor.subscribe((snapshot) => seen.push(plain(snapshot))) : undefined;
  };
  observe(true);
  const followed: unknown[] = [];
  let isFollowed = false;
  actor.system.inspect((told) => {
    if (told.type !== '@xstate.microstep' || told.actorRef !== actor || !isFollowed) return;
    for (const transition of told._transitions) followed.push([told.event, takenTransition(transition)]);
  });
  actor.start();
  const step = (each: Step): void => {
    mayTrip = each.mayTrip;
    if (each.watched !== undefined) {
      isFollowed = each.watched === 'followed';
      owner.isInterpreted = each.watched === 'inspected';
      owner.isInspected = isFollowed || owner.isInterpreted;
    }
    if (each.isObserved !== undefined) observe(each.isObserved);
    const { event } = each;
    const isResult = event.type === 'SUCCESS' || event.type === 'FAILURE';
    if (isResult && each.isTold) {
      const told = { ...event, at: Math.min(event.at ?? clock.now(), clock.now()) };
      if (circuit === undefined) actor.send(told);
      else circuit.tell(told);
    } else actor.send(event);
    if (each.isTimerLate) clock.advanceWithLateTimers(each.waitMs);
    else clock.advance(each.waitMs);
  };
  return { clock, circuit, actor, reports, seen, followed, step };
}

describe('the compiled chart of a circuit', () => {
  it('equals the interpreter on every walk: snapshots, observers, reports, timers, transitions and what is kept', () => {
    checkProperty(
      fc.property(config, walk, fc.boolean(), (config, steps, hasParent) => {
        const compiled = start(config, 'compiled', hasParent);
        const interpreted = start(config, 'interpreted', hasParent);
        for (const each of steps) {
          compiled.step(each);
          interpreted.step(each);
          if (!each.isLookedAt) continue;
          expect(plain(compiled.actor.getSnapshot())).toEqual(plain(interpreted.actor.getSnapshot()));
          expect(compiled.circuit?.latest).toBe(compiled.actor.getSnapshot());
        }
        const [ours, theirs] = [compiled.actor, interpreted.actor];
        expect(plain(ours.getSnapshot())).toEqual(plain(theirs.getSnapshot()));
        expect(JSON.parse(JSON.stringify(ours.getPersistedSnapshot()))).toEqual(
          JSON.parse(JSON.stringify(theirs.getPersistedSnapshot())),
        );
        expect(compiled.reports).toEqual(interpreted.reports);
        expect(compiled.seen).toEqual(interpreted.seen);
        expect(compiled.followed).toEqual(interpreted.followed);
        expect(compiled.clock.timers).toBe(interpreted.clock.timers);
      }),
      effort,
    );
  });

  it('is asked for what leads somewhere, and the interpreter for nothing', () => {
    const { actor, clock } = start({ failureThreshold: 1, minBackoffMs: 1_000 }, 'compiled', true);
    const interpreted = vi.spyOn(toolCircuitMachine, 'transition');
    actor.send({ type: 'FAILURE' });
    clock.advance(1_000);
    actor.send({ type: 'REQUEST' });
    actor.send({ type: 'SUCCESS' });
    actor.send({ type: 'ISOLATE', forMs: 10 });
    clock.advance(10);
    expect(actor.getSnapshot()).toMatchObject({ value: 'closed', context: { openCount: 1, generation: 5 } });
    expect(interpreted).not.toHaveBeenCalled();
    interpreted.mockRestore();
  });

  it('asks a trip strategy once about a result', () => {
    const record = vi.fn(() => null);
    const trip: TripStrategy<null> = { start: null, record, trips: () => false };
    const { actor, circuit } = start({ trip }, 'compiled', true);
    actor.send({ type: 'FAILURE' });
    actor.send({ type: 'SUCCESS' });
    circuit?.tell({ type: 'FAILURE', at: 0 });
    expect(record).toHaveBeenCalledTimes(3);
  });

  it('gives a snapshot that can still be asked', () => {
    const { actor } = start({}, 'compiled', true);
    actor.send({ type: 'FAILURE' });
    const snapshot = actor.getSnapshot();
    expect(snapshot.matches('closed')).toBe(true);
    expect(snapshot.can({ type: 'RELEASE' })).toBe(false);
    expect(snapshot.toJSON()).toMatchObject({ value: 'closed', status: 'active' });
  });

  it('leaves an earlier snapshot as it was', () => {
    const { actor, circuit } = start({}, 'compiled', true);
    const before = actor.getSnapshot();
    circuit?.tell({ type: 'FAILURE', at: 0 });
    const between = actor.getSnapshot();
    circuit?.tell({ type: 'FAILURE', at: 0 });
    expect([before, between, actor.getSnapshot()].map(({ context }) => context.failureCount)).toEqual([
      0, 1, 2,
    ]);
  });

  it('keeps what was untold, and persists it', () => {
    const { actor, circuit } = start({}, 'compiled', true);
    circuit?.tell({ type: 'FAILURE', at: 0 });
    const kept = actor.getPersistedSnapshot() as ToolCircuitSnapshot;
    circuit?.tell({ type: 'FAILURE', at: 0 });
    expect(kept.context.failureCount).toBe(1);
  });
});

describe('what is compiled', () => {
  it.each([
    ['circuit', circuitChart],
    ['registry', registryChart],
  ])('of the chart of a %s', async (name, chart) => {
    await expect(`${chart.branches.join('\n')}\n`).toMatchFileSnapshot(`./compiled-${name}.txt`);
  });
});
