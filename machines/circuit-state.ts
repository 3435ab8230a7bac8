/** The condition of a circuit. */
export type CircuitState = 'closed' | 'open' | 'halfOpen' | 'isolated';

/** Whether a circuit in this state counts as open. */
export function countsAsOpen(state: CircuitState | null): boolean {
  return state === 'open' || state === 'isolated';
}
