import fc from 'fast-check';
import { type ToolCircuitEvent, toolCircuitMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { admissionBy } from '../../../src/circuits/admission.ts';
import { Circuit, type CircuitOwner } from '../../../src/circuits/circuit.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const config = { failureThreshold: 2, minBackoffMs: 1_000, probeTimeoutMs: 3_000 };

function start(onSettled: CircuitOwner['onSettled'] = () => {}) {
  const clock = new ManualClock();
  const owner: CircuitOwner = {
    unsettled: new Set(),
    isInspected: false,
    isInterpreted: false,
    onSettled,
    onBareResult: () => {},
    onVerdict: () => {},
  };
  const circuit = new Circuit(
    { id: 'shell', clock, input: { tool: 'shell', now: clock.now, config } },
    owner,
  );
  circuit.actor.start();
  return { clock, circuit };
}

const view = ({ value, context }: Circuit['latest']) => {
  const { now: _, ...rest } = context;
  return { value, ...rest };
};

const event = fc.constantFrom<ToolCircuitEvent>(
  { type: 'FAILURE' },
  { type: 'FAILURE', category: 'cancelled' },
  { type: 'SUCCESS' },
  { type: 'REQUEST' },
  { type: 'ABANDON' },
  { type: 'RESET' },
  { type: 'ISOLATE' },
  { type: 'RELEASE' },
);

describe('a circuit actor', () => {
  it('agrees with its snapshot while no event is waiting', () => {
    const { clock, circuit } = start();
    expect(circuit.latest).toBe(circuit.actor.getSnapshot());
    circuit.actor.send({ type: 'FAILURE' });
    circuit.actor.send({ type: 'FAILURE' });
    expect(circuit.latest).toBe(circuit.actor.getSnapshot());
    clock.advance(1_000);
    expect(circuit.latest).toBe(circuit.actor.getSnapshot());
    expect(circuit.latest.value).toBe('halfOpen');
  });

  it('is ahead of its snapshot in a listener that has sent an event', () => {
    const { circuit } = start();
    const seen: unknown[] = [];
    circuit.actor.subscribe(() => {
      if (seen.length > 0) return;
      seen.push('');
      circuit.actor.send({ type: 'FAILURE' });
      seen.push(circuit.actor.getSnapshot().value, circuit.latest.value);
    });
    circuit.actor.send({ type: 'FAILURE' });
    expect(seen).toEqual(['', 'closed', 'open']);
    expect(circuit.latest).toBe(circuit.actor.getSnapshot());
  });

  it('foresees its snapshot, whatever is sent from a listener', () => {
    checkProperty(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        fc.array(event, { maxLength: 6 }),
        fc.nat(11),
        fc.constantFrom(0, 1_000, 3_000),
        (outer, inner, when, ms) => {
          const { clock, circuit } = start();
          let foretold: unknown;
          let told = 0;
          circuit.actor.subscribe(() => {
            if (told++ !== when) return;
            for (const each of inner) circuit.actor.send({ ...each });
            foretold = view(circuit.latest);
          });
          for (const each of outer) {
            foretold = undefined;
            circuit.actor.send({ ...each });
            expect(circuit.latest).toBe(circuit.actor.getSnapshot());
            if (foretold !== undefined) expect(view(circuit.actor.getSnapshot())).toEqual(foretold);
            clock.advance(ms);
          }
        },
      ),
      { atLeast: 100, atMost: 400 },
    );
  });

  it('equals the plain machine after every event', () => {
    checkProperty(
      fc.property(
        fc.array(fc.tuple(event, fc.constantFrom(0, 500, 1_000, 3_000)), { maxLength: 30 }),
        (steps) => {
          const { clock, circuit } = start();
          const plainClock = new ManualClock();
          const plain = createActor(toolCircuitMachine, {
            clock: plainClock,
            input: { tool: 'shell', now: plainClock.now, config },
          }).start();
          for (const [each, ms] of steps) {
            circuit.actor.send(each);
            plain.send(each);
            clock.advance(ms);
            plainClock.advance(ms);
            expect(view(circuit.actor.getSnapshot())).toEqual(view(plain.getSnapshot()));
            expect(clock.timers).toBe(plainClock.timers);
          }
        },
      ),
      { atLeast: 38, atMost: 150 },
    );
  });

  it('notifies its owner when its state has changed, also by a timer', () => {
    const states: unknown[] = [];
    const { clock, circuit } = start((settled) => states.push(settled.latest.value));
    circuit.actor.send({ type: 'FAILURE' });
    circuit.actor.send({ type: 'FAILURE' });
    clock.advance(1_000);
    expect(states).toEqual(['open', 'halfOpen']);
  });

  it('accepts the same event object twice at once', () => {
    const { circuit } = start();
    const failure: ToolCircuitEvent = { type: 'FAILURE' };
    let isDone = false;
    circuit.actor.subscribe(() => {
      if (isDone) return;
      isDone = true;
      circuit.actor.send(failure);
      expect(circuit.latest.value).toBe('open');
    });
    circuit.actor.send(failure);
    expect(circuit.actor.getSnapshot().value).toBe('open');
    expect(circuit.latest).toBe(circuit.actor.getSnapshot());
  });

  it('caches permission only until the next event, including timers', () => {
    const { circuit, clock } = start();
    const keep = () => {
      circuit.freeAdmission = admissionBy(circuit, { generation: 0, probeStart: null });
    };
    keep();
    circuit.actor.send({ type: 'SUCCESS' });
    expect(circuit.freeAdmission).toBeUndefined();
    circuit.actor.send({ type: 'ISOLATE', forMs: 10 });
    keep();
    clock.advance(10);
    expect(circuit.actor.getSnapshot().value).toBe('closed');
    expect(circuit.freeAdmission).toBeUndefined();
  });

  it('names the value that is not a valid event', () => {
    const { circuit } = start();
    const message = (junk: unknown) => {
      try {
        circuit.actor.send(junk as ToolCircuitEvent);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return (error as Error).message;
      }
      return undefined;
    };
    expect(message(undefined)).toBe(
      "an event must be an object with a type such as 'FAILURE', got undefined",
    );
    expect(message(null)).toMatch(/got null$/);
    expect(message('FAILURE')).toMatch(/got FAILURE$/);
    expect(message({})).toMatch(/got an object whose type is undefined$/);
    expect(message({ type: 'xstate.stop' })).toMatch(/got an object whose type is xstate\.stop$/);
    expect(message({ type: Symbol('x') })).toMatch(/got an object whose type is Symbol\(x\)$/);
    expect(circuit.actor.getSnapshot().status).toBe('active');
  });
});
