import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { activeStates, chartModel } from '../../../../src/inspect/chart/index.ts';
import { parallel } from './machines.ts';

describe('the active states of a snapshot', () => {
  it('are a single state for a flat chart', () => {
    expect(activeStates('open')).toEqual(['open']);
  });

  it('include all nested states, in every region', () => {
    const actor = createActor(parallel).start();
    actor.send({ type: 'TOGGLE' });
    const active = activeStates(actor.getSnapshot().value);
    expect(active.sort()).toEqual([
      'panel',
      'panel.open',
      'panel.open.list',
      'panel.open.list.empty',
      'panel.open.scroll',
      'panel.open.scroll.top',
      'text',
      'text.plain',
    ]);
    const known = chartModel(parallel.config).states.map(({ id }) => id);
    expect(active.filter((id) => !known.includes(id))).toEqual([]);
  });

  it('escape a dot in the same way as their chart', () => {
    expect(activeStates({ 'a.b': 'c' })).toEqual(['a\\.b', 'a\\.b.c']);
  });

  it.each([[undefined], [null], [7], [{}], [[]]])('are none for %j', (value) => {
    expect(activeStates(value)).toEqual([]);
  });
});
