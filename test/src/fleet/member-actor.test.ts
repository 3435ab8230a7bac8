import fc from 'fast-check';
import { type FleetMemberEvent, fleetMemberMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { type AnyActorRef, createActor, createMachine } from 'xstate';
import { fleetMemberChart, MemberActor } from '../../../src/fleet/member-actor.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

/** What happens to a membership: an event, or time that passes; and whether somebody watches every step from here on. */
const step = fc.record({
  event: fc.oneof(
    { weight: 4, arbitrary: fc.constant<FleetMemberEvent>({ type: 'STORE_ANSWERED' }) },
    { weight: 6, arbitrary: fc.constant<FleetMemberEvent>({ type: 'STORE_MISSED', reason: 'no answer' }) },
    { weight: 1, arbitrary: fc.constantFrom<FleetMemberEvent['type']>('LEAVE', 'REGISTRY_STOPPED') },
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 3_000 }) },
  ),
  isInspected: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** All that can be seen of a membership below a parent, step by step. */
function run(steps: readonly Step[], isCompiled: boolean) {
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const parent: AnyActorRef = createActor(
    createMachine({ on: { FLEET_NEWS: { actions: ({ event }) => void seen.push(event.news) } } }),
    { clock },
  ).start();
  let isInspected = false;
  const input = { namespace: 'shop', member: 'm1', pollMs: 500, chance: () => 0.5 };
  const options = { id: 'fleet', parent, input } as const;
  const actor = isCompiled
    ? new MemberActor(options, () => isInspected)
    : createActor(fleetMemberMachine, options);
  actor.on('storeIsDue', (event) => seen.push([event, clock.now()]));
  actor.subscribe(({ value, context: { chance: _, ...known } }) => seen.push({ value, known }));
  actor.start();
  for (const { event, isInspected: isNow } of steps) {
    isInspected = isNow;
    if (typeof event === 'number') clock.advance(event);
    else actor.send((typeof event === 'string' ? { type: event } : event) as FleetMemberEvent);
    seen.push(clock.timers);
  }
  return seen;
}

describe('the actor of a membership', () => {
  it('does as XState does, whoever watches', () => {
    checkProperty(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        expect(run(steps, true)).toEqual(run(steps, false));
      }),
    );
  });

  it('leaves nothing to the interpreter', () => {
    expect(fleetMemberChart.branches.length).toBeGreaterThan(10);
    expect(fleetMemberChart.branches.filter((branch) => branch.includes('(interpreted)'))).toEqual([]);
  });
});
