import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CircuitState } from '../../../machines/circuit-state.ts';
import type { Circuit } from '../../../src/circuits/circuit.ts';
import { OpenCircuits } from '../../../src/circuits/open-circuits.ts';
import { checkProperty } from '../../support/property.ts';

/** What the count reads of a circuit, and what it writes there. */
const circuitOf = (tool: string, key: string | null): Circuit =>
  ({
    tool,
    key,
    latest: { value: 'closed' },
    countedAs: 'closed',
    isForgotten: false,
    openMs: 0,
    openSince: null,
  }) as unknown as Circuit;

const moveTo = (circuit: Circuit, state: CircuitState): unknown =>
  Object.assign(circuit, { latest: { value: state } });

const states = ['closed', 'open', 'halfOpen', 'isolated', 'disabled'] as const;
const isOpen = ({ latest }: Circuit): boolean => ['open', 'isolated'].includes(latest.value as string);
const isTripped = ({ latest }: Circuit): boolean => ['open', 'halfOpen'].includes(latest.value as string);

describe('the count of open circuits', () => {
  it('is that of all circuits looked at one by one, whatever has happened to them', () => {
    const circuits = fc.constant(
      ['a', 'b'].flatMap((tool) => [null, 'x', 'y'].map((key) => [tool, key] as const)),
    );
    const step = fc.oneof(
      { weight: 9, arbitrary: fc.tuple(fc.nat(5), fc.constantFrom(...states)) },
      fc.tuple(fc.nat(5), fc.constant('forgotten' as const)),
    );
    checkProperty(
      fc.property(circuits, fc.array(step, { maxLength: 60, size: 'max' }), (names, steps) => {
        let now = 0;
        const count = new OpenCircuits(() => now);
        const all = names.map(([tool, key]) => circuitOf(tool, key));
        const openMs = all.map(() => 0);
        for (const [index, event] of steps) {
          all.forEach((circuit, each) => {
            if (isOpen(circuit)) openMs[each] = (openMs[each] ?? 0) + 10;
          });
          now += 10;
          const circuit = all[index] as Circuit;
          if (event === 'forgotten') {
            circuit.isForgotten = true;
            count.forget(circuit);
            // Its actor is stopped, but what it still says must change nothing.
            moveTo(circuit, 'open');
            expect(count.count(circuit)).toBeUndefined();
            all[index] = circuitOf(circuit.tool, circuit.key);
            openMs[index] = 0;
          } else {
            const isNew = circuit.latest.value !== event;
            moveTo(circuit, event);
            expect(count.count(circuit)).toBe(isNew ? event : undefined);
          }
          const open = all.filter(isOpen);
          expect(new Set(count)).toEqual(new Set(open));
          expect(count.tripped).toBe(all.filter(isTripped).length);
          const ofTool = (tool: string) => all.find((each) => each.tool === tool && each.key === null);
          expect(count.countTools(ofTool)).toBe(new Set(open.map(({ tool }) => tool)).size);
          expect(all.map((each) => count.openMs(each))).toEqual(openMs);
        }
      }),
    );
  });

  it('has the open circuits in the order in which they opened, and counts a tool with a key although it is not kept itself', () => {
    const count = new OpenCircuits(() => 0);
    const [late, early] = [circuitOf('late', 'x'), circuitOf('early', null)];
    for (const circuit of [early, late]) {
      moveTo(circuit, 'open');
      count.count(circuit);
    }
    expect([...count]).toEqual([early, late]);
    expect(count.countTools(() => undefined)).toBe(2);
    // From open to isolated is no second opening.
    moveTo(early, 'isolated');
    count.count(early);
    expect([...count]).toEqual([early, late]);
  });
});
