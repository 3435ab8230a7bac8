/** The name and look of a state on the page. */
export interface StateLook {
  readonly word: string;
  readonly look: 'closed' | 'open' | 'half' | 'isolated' | 'disabled' | 'plain';
}

/** The states of a circuit, worst first, which is the order of the filters and of sorting by state. */
export const circuitStates = ['open', 'halfOpen', 'isolated', 'disabled', 'closed'] as const;
/** The states of a run, worst first. */
export const runStates = ['stopped', 'refusing', 'repeating', 'steady', 'ended'] as const;

const looks: Readonly<Record<string, Readonly<Record<string, StateLook>>>> = {
  circuit: {
    open: { word: 'open', look: 'open' },
    halfOpen: { word: 'half-open', look: 'half' },
    isolated: { word: 'isolated', look: 'isolated' },
    disabled: { word: 'disabled', look: 'disabled' },
    closed: { word: 'closed', look: 'closed' },
  },
  registry: {
    operational: { word: 'operational', look: 'closed' },
    paused: { word: 'paused', look: 'open' },
    stopped: { word: 'stopped', look: 'plain' },
  },
  run: {
    steady: { word: 'steady', look: 'closed' },
    repeating: { word: 'repeating', look: 'half' },
    refusing: { word: 'refusing', look: 'open' },
    stopped: { word: 'should stop', look: 'isolated' },
    ended: { word: 'ended', look: 'plain' },
  },
};

/** The look of a state. States of our own machines have their own; those of others are shown by name. */
export function lookOf(kind: string, state: string): StateLook {
  return looks[kind]?.[state] ?? { word: state === '' ? 'active' : state, look: 'plain' };
}
