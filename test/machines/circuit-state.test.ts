import { describe, expect, it } from 'vitest';
import { admitsAll, type CircuitState, countsAsOpen } from '../../machines/circuit-state.ts';

const states: readonly CircuitState[] = ['closed', 'open', 'halfOpen', 'isolated', 'disabled'];

describe('a circuit', () => {
  it('admits every call while it is closed or disabled', () => {
    expect(states.filter(admitsAll)).toEqual(['closed', 'disabled']);
  });

  it('counts as open while it is open or isolated', () => {
    expect(states.filter(countsAsOpen)).toEqual(['open', 'isolated']);
    expect(countsAsOpen(null)).toBe(false);
  });
});
