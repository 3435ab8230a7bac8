import { createToolRegistry } from 'toolfuse';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CircuitHistory } from '../../../../src/inspect/history/circuit-history.ts';

function setUp(restore?: string, kept?: unknown, keptAt?: number) {
  vi.useFakeTimers({ now: 1_000_000 });
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1 },
    ...(restore !== undefined && { restore }),
  });
  const history = new CircuitHistory(registry, kept, keptAt);
  onTestFinished(() => {
    history.stop();
    registry.stop();
    vi.useRealTimers();
  });
  return { registry, history };
}

describe('the history of a registry', () => {
  it('has the states of its circuits, though nobody looks on, and nothing of healthy tools', () => {
    const { registry, history } = setUp();
    registry.recordSuccess('healthy');
    vi.advanceTimersByTime(500);
    registry.recordFailure('shell', 'timeout');
    vi.advanceTimersByTime(500);
    registry.isolate('shell');
    expect(history.past('shell')).toEqual([
      { state: 'closed', at: 1_000_500 },
      { state: 'open', at: 1_000_500 },
      { state: 'isolated', at: 1_001_000 },
    ]);
    expect(history.past('healthy')).toEqual([]);
    expect(JSON.parse(JSON.stringify(history))).toEqual({
      shell: [
        ['closed', 1_000_500],
        ['open', 1_000_500],
        ['isolated', 1_001_000],
      ],
    });
  });

  it('goes on after a restart, with a gap for the time between', () => {
    const { registry, history } = setUp(undefined, { shell: [['open', 400_000]] }, 600_000);
    expect(history.past('shell')).toEqual([
      { state: 'open', at: 400_000 },
      { state: '', at: 600_000 },
      { state: 'closed', at: 1_000_000 },
    ]);
    registry.recordFailure('shell', 'timeout');
    expect(history.past('shell').at(-1)).toEqual({ state: 'open', at: 1_000_000 });
  });

  it.each([
    ['no history', undefined],
    ['another one', 'text'],
    ['a list', [1, 2]],
    ['wrong entries', { shell: [['open'], [1, 2], null, ['open', Number.NaN]], other: 5, __proto__: null }],
  ])('begins anew with %s', (_, kept) => {
    expect(JSON.stringify(setUp(undefined, kept).history)).toBe('{}');
  });

  it('is bounded, however many circuits change', () => {
    const { registry, history } = setUp();
    for (let tool = 0; tool < 1_200; tool += 1) registry.recordFailure(`tool.${tool}`, 'timeout');
    expect(Object.keys(history.toJSON())).toHaveLength(1_000);
    expect(history.past('tool.1199')).toHaveLength(2);
    expect(history.past('tool.0')).toEqual([]);
  });
});
