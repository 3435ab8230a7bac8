import { describe, expect, it } from 'vitest';
import { keptMs, notRunning, StateSpans } from '../../../../src/inspect/history/state-spans.ts';

describe('the states of an actor', () => {
  it('are told for a period, clipped to it', () => {
    const spans = new StateSpans();
    spans.push('closed', 100);
    spans.push('open', 200);
    spans.push('open', 250);
    spans.push('closed', 300);
    expect(spans.between(150, 400)).toEqual([
      { state: 'closed', from: 150, to: 200 },
      { state: 'open', from: 200, to: 300 },
      { state: 'closed', from: 300, to: 400 },
    ]);
    expect(spans.between(0, 120)).toEqual([{ state: 'closed', from: 100, to: 120 }]);
    expect(spans.between(0, 100)).toEqual([]);
  });

  it('say nothing of the time in which the process did not run', () => {
    const spans = new StateSpans([{ state: 'open', at: 100 }]);
    spans.push(notRunning, 200);
    spans.push('closed', 300);
    expect(spans.between(0, 400)).toEqual([
      { state: 'open', from: 100, to: 200 },
      { state: 'closed', from: 300, to: 400 },
    ]);
  });

  it('stay in order if the wall clock is set back', () => {
    const spans = new StateSpans();
    spans.push('closed', 1_000);
    spans.push('open', 400);
    expect(spans.all).toEqual([
      { state: 'closed', at: 1_000 },
      { state: 'open', at: 1_000 },
    ]);
  });

  it('are bounded by number and by age, with the one that reaches into the kept time', () => {
    const flapping = new StateSpans();
    for (let change = 0; change < 1_000; change += 1)
      flapping.push(change % 2 === 0 ? 'open' : 'closed', change);
    expect(flapping.all).toHaveLength(400);
    expect(flapping.latest).toEqual({ state: 'closed', at: 999 });
    const old = new StateSpans();
    old.push('closed', 0);
    old.push('open', 10);
    old.push('halfOpen', keptMs + 20);
    expect(old.all.map(({ state }) => state)).toEqual(['open', 'halfOpen']);
  });
});
