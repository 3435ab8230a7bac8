import fc from 'fast-check';
import { type CircuitState, type ToolRegistryEvent, toolRegistryMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor, type InspectionEvent } from 'xstate';
import { registryLogic } from '../../src/registry-actor.ts';
import { ManualClock } from '../support/manual-clock.ts';

const states = ['closed', 'open', 'halfOpen', 'isolated'] as const;
const tool = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');

/** What a life of circuits reports: only what can happen, so that each state of the registry is a reachable one. */
interface Step {
  readonly do: 'begin' | 'change' | 'deny' | 'forget' | 'acknowledge' | 'wait';
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
    if (each.do === 'forget') {
      known.delete(each.tool);
      // Any actor will do to be stopped: this one was never started.
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
  it('gives what the chart gives, in every state that the registry can be in', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.constantFrom(1, 2, Infinity),
        (steps, maxOpenCircuits) => {
          expect(run(registryLogic, steps, maxOpenCircuits)).toEqual(
            run(toolRegistryMachine, steps, maxOpenCircuits),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives a snapshot that can still be asked', () => {
    const actor = createActor(registryLogic, { input: { now: () => 0 } }).start();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', state: 'closed' });
    const snapshot = actor.getSnapshot();
    expect(snapshot.matches('operational')).toBe(true);
    expect(snapshot.can({ type: 'ACKNOWLEDGE' })).toBe(false);
    expect(snapshot.toJSON()).toMatchObject({ value: 'operational', status: 'active' });
  });

  it('leaves an earlier snapshot as it was', () => {
    const actor = createActor(registryLogic, { input: { now: () => 0 } }).start();
    const before = actor.getSnapshot();
    actor.send({ type: 'CIRCUIT_BEGAN', tool: 'shell', state: 'closed' });
    expect(before.context.counts.closed).toBe(0);
    expect(actor.getSnapshot().context.counts.closed).toBe(1);
  });
});
