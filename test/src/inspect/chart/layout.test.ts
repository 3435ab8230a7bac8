import { toolCircuitMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { overlap, type Rect } from '../../../../src/inspect/chart/geometry.ts';
import {
  type ChartBox,
  type ChartDetail,
  type ChartLayout,
  chartModel,
  layoutChart,
  textStyles,
} from '../../../../src/inspect/chart/index.ts';
import { machines } from './machines.ts';

const details: ChartDetail[] = ['plain', 'full'];
const cases = Object.entries(machines).flatMap(([name, machine]) =>
  details.map((detail) => ({ name, detail, model: chartModel(machine.config) })),
);

/** The parts that may not cover anything: states, heads of frames, and labels. */
const solids = ({ boxes, edges }: ChartLayout): [name: string, rect: Rect][] => [
  ...boxes.map((box): [string, Rect] => [`state ${box.id}`, box.isFrame ? box.head : box]),
  ...edges.map(({ id, label }): [string, Rect] => [`label ${id}`, label]),
];

const isIn = (id: string, frame: ChartBox): boolean =>
  id !== frame.id && (frame.id === '' || id.startsWith(`${frame.id}.`));

/** The vertical parts of the lines, as thin rectangles. */
const straights = ({ edges }: ChartLayout) =>
  edges.flatMap(({ id, from, to, points }) =>
    points.slice(1).flatMap((point, index) => {
      const before = points[index] ?? point;
      if (before.x !== point.x || Math.abs(before.y - point.y) <= 1) return [];
      const top = Math.min(before.y, point.y) + 0.5;
      const height = Math.abs(before.y - point.y) - 1;
      return [{ id, from, to, x: point.x - 0.5, y: top, width: 1, height }];
    }),
  );

describe.each(cases)('the layout of $name, $detail', ({ model, detail }) => {
  const layout = layoutChart(model, { detail });

  it('has a box for each state', () => {
    const drawn = new Set(layout.boxes.map(({ id }) => id));
    expect(model.states.filter(({ id, parent }) => parent !== null && !drawn.has(id))).toEqual([]);
  });

  it('shows each transition once, or once for each of its targets', () => {
    const places = [
      ...layout.edges.flatMap(({ transitions }) => transitions),
      ...layout.boxes.flatMap(({ rows }) => [...new Set(rows.flatMap(({ transitions }) => transitions))]),
    ];
    const expected = model.transitions.flatMap(({ id, source, targets }) => {
      const others = targets.filter((target) => target !== source);
      return others.length === 0 ? [id] : others.map(() => id);
    });
    expect(places.sort()).toEqual(expected.sort());
  });

  it('covers no state or label with another', () => {
    const all = solids(layout);
    const covered = all.flatMap(([a, first], index) =>
      all.slice(index + 1).flatMap(([b, second]) => (overlap(first, second) ? [`${a} and ${b}`] : [])),
    );
    expect(covered).toEqual([]);
  });

  it('keeps the children of a state inside its frame, and everything else outside', () => {
    const frames = layout.boxes.filter(({ isFrame }) => isFrame);
    const others = layout.boxes.flatMap((box) =>
      frames
        .filter((frame) => frame.id !== box.id && !isIn(frame.id, box))
        .filter((frame) => overlap(frame, box) !== isIn(box.id, frame))
        .map((frame) => `${box.id} and the frame ${frame.id}`),
    );
    expect(others).toEqual([]);
  });

  it('keeps labels out of frames that do not contain both of their ends', () => {
    const frames = layout.boxes.filter(({ isFrame }) => isFrame);
    const wrong = layout.edges.flatMap(({ id, from, to, label }) =>
      frames
        .filter(
          (frame) =>
            overlap(frame, label) && ![from, to].every((end) => end === frame.id || isIn(end, frame)),
        )
        .map((frame) => `${id} and the frame ${frame.id}`),
    );
    expect(wrong).toEqual([]);
  });

  it('routes no line through a state or through another line’s label', () => {
    const through = straights(layout).flatMap((part) =>
      solids(layout)
        .filter(([name]) => name !== `label ${part.id}`)
        .filter(([, rect]) => overlap(rect, part))
        .map(([name]) => `${part.id} through ${name}`),
    );
    expect(through).toEqual([]);
  });

  it('begins and ends each line at its states', () => {
    const byId = new Map(layout.boxes.map((box) => [box.id, box]));
    const loose = layout.edges.filter(({ from, to, points }) => {
      const meets = (id: string, end: { x: number; y: number } | undefined): boolean => {
        const box = byId.get(id);
        if (box === undefined || end === undefined) return false;
        const isAt = (y: number): boolean => Math.abs(y - end.y) < 0.01;
        const sides = [box.y, box.y + box.height, box.head.y, box.head.y + box.head.height];
        const isOnSide = end.x === box.x || end.x === box.x + box.width;
        if (box.isFrame && isOnSide) return end.y > box.y && end.y < box.y + box.height;
        return sides.some(isAt) && end.x >= box.x && end.x <= box.x + box.width;
      };
      return !meets(from, points[0]) || !meets(to, points.at(-1));
    });
    expect(loose.map(({ id }) => id)).toEqual([]);
  });

  it('makes room for all texts, inside the picture', () => {
    for (const [name, { x, y, width, height }] of solids(layout)) {
      expect(x, name).toBeGreaterThanOrEqual(0);
      expect(y, name).toBeGreaterThanOrEqual(0);
      expect(x + width, name).toBeLessThanOrEqual(layout.width);
      expect(y + height, name).toBeLessThanOrEqual(layout.height);
    }
  });
});

describe('the layout of a circuit', () => {
  const model = chartModel(toolCircuitMachine.config);

  it('draws a transition that all other states have as one line', () => {
    const { edges } = layoutChart(model);
    const isolate = edges.filter(({ label }) => label.lines.some(({ runs }) => runs[0]?.text === 'ISOLATE'));
    expect(isolate).toMatchObject([{ to: 'isolated' }]);
    expect(isolate[0]?.transitions).toHaveLength(4);
  });

  it('writes transitions with the same guard on one line of the label', () => {
    const { edges } = layoutChart(model);
    const trips = edges.find(({ id }) => id === 'closed -> open');
    expect(trips?.label.lines.map(({ runs }) => runs.map(({ text }) => text).join(' '))).toEqual([
      'SUCCESS, FAILURE [call trips]',
      'FLEET_OPENED [else]',
    ]);
  });

  it('shows all transitions with their actions, if asked to', () => {
    const { edges, boxes } = layoutChart(model, { detail: 'full' });
    expect(edges.filter(({ to }) => to === 'isolated')).toHaveLength(4);
    const rows = boxes
      .find(({ id }) => id === 'open')
      ?.rows.map(({ runs }) => runs.map(({ text }) => text).join(' '));
    expect(rows).toContain('FAILURE [else] / startWaitAgain');
    expect(rows).toContain('entry / reportState');
  });

  it('is the same each time', () => {
    expect(layoutChart(model)).toEqual(layoutChart(model));
  });

  it('makes room according to the given measure', () => {
    const wide = layoutChart(model, { measure: (text, { size }) => text.length * size });
    const title = wide.boxes.find(({ id }) => id === 'halfOpen');
    expect(title?.width).toBeGreaterThanOrEqual('halfOpen'.length * textStyles.title.size);
    expect(wide.width).toBeGreaterThan(layoutChart(model).width);
  });
});

describe('a chart too large to read', () => {
  const chain = (length: number) => ({
    id: 'chain',
    initial: 's0',
    states: Object.fromEntries(
      Array.from({ length }, (_, index) => [
        `s${index}`,
        index + 1 < length ? { on: { NEXT: `s${index + 1}` } } : {},
      ]),
    ),
  });

  it('is refused before it takes long', () => {
    expect(() => layoutChart(chartModel(chain(1_000)))).toThrow(
      'chain has 1001 states and 999 lines between them; at most 250 of each are drawn',
    );
  });

  it('has more than 250 states', () => {
    expect(layoutChart(chartModel(chain(249))).edges).toHaveLength(248);
  });
});
