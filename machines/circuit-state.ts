/** The states of a circuit. */
export type CircuitState = 'closed' | 'open' | 'halfOpen' | 'isolated' | 'disabled';

/** Whether a circuit in this state counts as open. */
export function countsAsOpen(state: CircuitState | null): boolean {
  return state === 'open' || state === 'isolated';
}

/** Whether a circuit in this state admits every call. */
export function admitsAll(state: CircuitState): boolean {
  return state === 'closed' || state === 'disabled';
}

/** The state of a circuit, as one word. */
export function stateOf(snapshot: { readonly value: unknown }): CircuitState {
  return snapshot.value as CircuitState;
}
