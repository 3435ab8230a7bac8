import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlap } from '../../../../src/inspect/chart/geometry.ts';
import { chartModel, layoutChart } from '../../../../src/inspect/chart/index.ts';
import { checkProperty } from '../../../support/property.ts';

interface Shape {
  readonly isParallel: boolean;
  readonly isLong: boolean;
  /** The target of each transition: the number of a state, or none. */
  readonly targets: readonly (number | null)[];
  readonly inside: readonly Shape[];
}

const shapes = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.record({
    isParallel: fc.boolean(),
    isLong: fc.boolean(),
    targets: fc.array(fc.option(fc.nat(60)), { maxLength: 3 }),
    inside: fc.oneof(
      { maxDepth: 3 },
      fc.constant([]),
      fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
    ),
  }),
}));

function definitionOf(tops: readonly Shape[]): object {
  let count = 0;
  const number = (all: readonly Shape[]): void => {
    for (const shape of all) {
      count += 1;
      number(shape.inside);
    }
  };
  number(tops);
  let made = 0;
  const statesOf = (all: readonly Shape[]): object =>
    Object.fromEntries(
      all.map(({ isParallel, isLong, targets, inside }) => {
        const id = `s${made++}`;
        const on = targets.map((target, index) => [
          isLong ? `${'LONG_'.repeat(10)}${index}` : `E${index}`,
          { target: target === null ? undefined : `#s${target % count}` },
        ]);
        return [
          id,
          {
            id,
            ...(isParallel && { type: 'parallel' }),
            on: Object.fromEntries(on),
            states: statesOf(inside),
          },
        ];
      }),
    );
  return { id: 'any', states: statesOf(tops) };
}

describe('the layout of any machine', () => {
  it('exists, and covers no state or label with another', () => {
    checkProperty(
      fc.property(fc.array(shapes.shape, { minLength: 1, maxLength: 4 }), (tops) => {
        const { boxes, edges } = layoutChart(chartModel(definitionOf(tops)));
        const rects = [
          ...boxes.map((box) => (box.isFrame ? box.head : box)),
          ...edges.map(({ label }) => label),
        ];
        const covered = rects.filter((rect, index) =>
          rects.slice(index + 1).some((other) => overlap(rect, other)),
        );
        expect(covered).toEqual([]);
      }),
      { atLeast: 15, atMost: 60, seed: 1 },
    );
  });

  it('exists even if a name ends in a backslash', () => {
    const states = { 'back\\': { on: { GO: 'on' } }, on: { on: { BACK: 'back\\' } } };
    expect(layoutChart(chartModel({ id: 'any', states })).edges).toHaveLength(2);
  });
});
