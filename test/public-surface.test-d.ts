import type { CallTarget } from 'toolfuse';
import {
  type CircuitState,
  countWindow,
  createToolRegistry,
  type Denial,
  type ErrorCategory,
  type Permit,
  type ToolCircuitRef,
  type ToolDiagnostics,
  type ToolRegistryEmitted,
  type TripStrategy,
} from 'toolfuse';
import { type ToolRegistrySnapshot, toolCircuitMachine } from 'toolfuse/machines';
import { describe, expectTypeOf, it } from 'vitest';
import { createActor } from 'xstate';

const registry = createToolRegistry();

describe('a registry', () => {
  it('accepts settings that exist, and no others', () => {
    createToolRegistry({
      circuit: { failureThreshold: 3 },
      tools: { shell: { halfOpenMaxProbes: Infinity } },
    });
    // @ts-expect-error: no such setting
    createToolRegistry({ circuit: { failureTreshold: 3 } });
    // @ts-expect-error: milliseconds are numbers
    createToolRegistry({ recovery: { cooldownMs: '60s' } });
    // @ts-expect-error: a classifier returns a category
    createToolRegistry({ classify: () => 'broken' });
  });

  it('records a failure with a category or any thrown value', () => {
    expectTypeOf(registry.recordFailure).parameters.toEqualTypeOf<
      [name: string, failure?: unknown, target?: CallTarget | undefined]
    >();
  });

  it('has typed answers', () => {
    expectTypeOf(registry.allowRequest('x')).toEqualTypeOf<boolean>();
    const text = async (): Promise<string> => '';
    expectTypeOf(registry.execute('x', text)).resolves.toEqualTypeOf<string>();
    // A fallback may return another type than the call.
    expectTypeOf(registry.execute('x', text, { fallback: () => null })).resolves.toEqualTypeOf<
      string | null
    >();
    expectTypeOf(registry.wrap('x', text, { fallback: async () => 0 })).returns.resolves.toEqualTypeOf<
      string | number
    >();
    expectTypeOf(registry.state('x')).toEqualTypeOf<CircuitState>();
    expectTypeOf(registry.remainingBackoffMs('x')).toEqualTypeOf<number | null>();
    expectTypeOf(registry.diagnostics('x')).toEqualTypeOf<ToolDiagnostics>();
    expectTypeOf(registry.diagnostics('x').lastErrorCategory).toEqualTypeOf<ErrorCategory | null>();
    expectTypeOf(registry.persist()).toEqualTypeOf<string>();
  });

  it('has an actor with typed subscriptions', () => {
    registry.actor.on('recovery.paused', (event) => {
      expectTypeOf(event.reason).toEqualTypeOf<string>();
      expectTypeOf(event.openCircuits).toEqualTypeOf<readonly string[]>();
    });
    registry.actor.on('circuit.denied', (event) => expectTypeOf(event.state).toEqualTypeOf<CircuitState>());
    // @ts-expect-error: no such event
    registry.actor.on('circuit.exploded', () => {});
    expectTypeOf(registry.actor.getSnapshot()).toEqualTypeOf<ToolRegistrySnapshot>();
  });

  it('has typed listeners', () => {
    registry.on('recovery.resumed', (event) => {
      expectTypeOf(event.because).toEqualTypeOf<'recovered' | 'acknowledged'>();
    });
    registry.on('circuit.spared', (event) => expectTypeOf(event.state).toEqualTypeOf<CircuitState>());
    registry.on('*', (event) => expectTypeOf(event).toEqualTypeOf<ToolRegistryEmitted>());
    registry.on('circuit.opened', (event) => {
      // @ts-expect-error: this field belongs to pauses, not to circuits
      event.reason;
    });
    // @ts-expect-error: no such event
    registry.on('circuit.exploded', () => {});
  });

  it('accepts a trip strategy with its own type of memory', () => {
    const strategy: TripStrategy<number> = {
      start: 0,
      record: (memory, { isFailure }) => (isFailure ? memory + 1 : memory),
      trips: (memory) => memory > 3,
    };
    createToolRegistry({ circuit: { trip: strategy }, tools: { shell: { trip: countWindow({ size: 5 }) } } });
    // @ts-expect-error: record must return a memory
    const _broken: TripStrategy<number> = { ...strategy, record: () => 'many' };
    // @ts-expect-error: no such setting
    countWindow({ windowMs: 5 });
    // @ts-expect-error: a strategy, not its name
    createToolRegistry({ circuit: { trip: 'countWindow' } });
  });

  it('tells a permit from a denial by one field', () => {
    const permit = registry.tryAcquire('shell', { upstream: 'server' });
    if (permit.admitted) expectTypeOf(permit).toEqualTypeOf<Permit>();
    else expectTypeOf(permit).toEqualTypeOf<Denial>();
  });
});

describe('a circuit', () => {
  const circuit = registry.tool('shell');

  it('accepts typed events', () => {
    expectTypeOf(circuit).toEqualTypeOf<ToolCircuitRef>();
    circuit.send({ type: 'FAILURE' });
    circuit.send({ type: 'FAILURE', category: 'timeout' });
    // @ts-expect-error: no such category
    circuit.send({ type: 'FAILURE', category: 'Timeout' });
    // @ts-expect-error: no such event
    circuit.send({ type: 'FAIL' });
  });

  it('exposes its state and context', () => {
    expectTypeOf(circuit.getSnapshot().value).toEqualTypeOf<CircuitState>();
    expectTypeOf(circuit.getSnapshot().context.failureCount).toEqualTypeOf<number>();
  });

  it('cannot be made without a tool and a clock', () => {
    createActor(toolCircuitMachine, { input: { tool: 'shell', now: () => 0 } });
    // @ts-expect-error: no clock
    createActor(toolCircuitMachine, { input: { tool: 'shell' } });
    // @ts-expect-error: no input
    createActor(toolCircuitMachine);
  });
});
