/** How a state is called on the page, and which look it has. */
export interface StateLook {
  readonly word: string;
  readonly look: 'closed' | 'open' | 'half' | 'isolated' | 'disabled' | 'plain';
}

/** The states of a circuit, the worst first: the order of the filters, and of a sort by state. */
export const circuitStates = ['open', 'halfOpen', 'isolated', 'disabled', 'closed'] as const;

const looks: Readonly<Record<string, StateLook>> = {
  open: { word: 'open', look: 'open' },
  halfOpen: { word: 'half-open', look: 'half' },
  isolated: { word: 'isolated', look: 'isolated' },
  disabled: { word: 'disabled', look: 'disabled' },
  closed: { word: 'closed', look: 'closed' },
};

const registryLooks: Readonly<Record<string, StateLook>> = {
  operational: { word: 'operational', look: 'closed' },
  paused: { word: 'paused', look: 'open' },
  stopped: { word: 'stopped', look: 'plain' },
};

/** Colour, shape and word of a state: those of our own machines are known, another's state is shown as it is called. */
export function lookOf(kind: string, state: string): StateLook {
  const known = kind === 'circuit' ? looks[state] : kind === 'registry' ? registryLooks[state] : undefined;
  return known ?? { word: state === '' ? 'active' : state, look: 'plain' };
}
