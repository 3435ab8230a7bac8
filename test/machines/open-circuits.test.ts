import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noneOpen, type OpenCircuits, openAfter, openWithout } from '../../machines/open-circuits.ts';
import { checkProperty } from '../support/property.ts';

interface Named {
  readonly tool: string;
  readonly key: string | null;
}

const a = { tool: 'a', key: null };
const a1 = { tool: 'a', key: '1' };
const a2 = { tool: 'a', key: '2' };
const b = { tool: 'b', key: null };

const opened = (...circuits: readonly Named[]): OpenCircuits =>
  circuits.reduce((open, circuit) => openAfter(open, circuit, 'closed', 'open'), noneOpen);
const closed = (open: OpenCircuits, ...circuits: readonly Named[]): OpenCircuits =>
  circuits.reduce((left, circuit) => openAfter(left, circuit, 'open', 'closed'), open);

describe('the open circuits', () => {
  it('are named in the order in which they opened, and a tool with several of them counts once', () => {
    expect(opened(a1, b, a, a2)).toEqual({
      openCircuits: [expect.stringContaining('a'), 'b', 'a', expect.stringContaining('a')],
      openTools: 2,
      openKeys: { a: 2 },
    });
    expect(opened(a, a1).openTools).toBe(1);
    expect(opened(b, a, a1).openTools).toBe(2);
  });

  it('tell a tool from a key of another one, whatever it is called', () => {
    const namesake = { tool: 'a (for 1)', key: null };
    expect(opened(a1, namesake)).toMatchObject({ openCircuits: ['a (for 1)', 'a (for 1)'], openTools: 2 });
  });

  it('are what they were where one closes that was not among them', () => {
    expect(closed(opened(a, b), { tool: 'c', key: null })).toEqual(opened(a, b));
  });

  it('name no tool in `openKeys` without an open key', () => {
    expect(closed(opened(a1, a2), a1).openKeys).toEqual({ a: 1 });
    expect(closed(opened(a1, a2), a1, a2)).toEqual({ openCircuits: [], openTools: 0, openKeys: {} });
  });

  it('hold a tool until its last circuit closes, in whatever order', () => {
    for (const order of [
      [a, a1],
      [a1, a],
    ]) {
      const both = opened(b, a, a1);
      const [first = a, last = a] = order;
      expect(closed(both, first).openTools).toBe(2);
      expect(closed(both, first, last)).toEqual({ openCircuits: ['b'], openTools: 1, openKeys: {} });
    }
  });

  it('are the same without some of them as after those have closed, one after another', () => {
    const circuit = fc.record({
      tool: fc.constantFrom('a', 'b', 'c'),
      key: fc.constantFrom(null, null, '1', '2'),
    });
    const circuits = fc.uniqueArray(circuit, { selector: ({ tool, key }) => `${tool} ${key}` });
    checkProperty(
      fc.property(circuits, fc.infiniteStream(fc.boolean()), (open, isGone) => {
        const gone = open.filter(() => isGone.next().value);
        expect(openWithout(opened(...open), gone)).toEqual(closed(opened(...open), ...gone));
      }),
      { atLeast: 100, atMost: 300 },
    );
  });

  it.each([
    ['a key and the tool without one', [a, a1]],
    ['two keys', [a1, a2]],
    ['a tool without a key', [a, b]],
  ])('lose a tool with the last of its circuits: %s', (_, circuits) => {
    expect(openWithout(opened(...circuits), circuits)).toEqual({
      openCircuits: [],
      openTools: 0,
      openKeys: {},
    });
    expect(openWithout(opened(a, a1, a2, b), [a1]).openTools).toBe(2);
    expect(openWithout(opened(a, a1), [a]).openTools).toBe(1);
    expect(openWithout(opened(a, a1), [a1]).openTools).toBe(1);
  });
});
