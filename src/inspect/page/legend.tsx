import { callKinds } from '../history/call-bins.ts';
import { StateBadge } from './state-badge.tsx';
import { circuitStates, runStates } from './state-look.ts';

const kinds: Readonly<Record<(typeof callKinds)[number], readonly [look: string, words: string]>> = {
  success: ['good', 'success'],
  failure: ['bad', 'failure'],
  ignored: ['ignored', 'error that does not count'],
  cancelled: ['cancelled', 'cancelled'],
  refused: ['denied', 'refused'],
};

/** What the shapes and colours mean. */
export function Legend({ of }: { of: 'circuit' | 'run' }) {
  const states = of === 'circuit' ? circuitStates : runStates;
  return (
    <section class="legend" aria-label="Legend">
      <ul>
        {states.map((state) => (
          <li key={state}>
            <StateBadge kind={of} state={state} />
          </li>
        ))}
      </ul>
      {of === 'circuit' && (
        <ul>
          {callKinds.map((kind) => (
            <li key={kind}>
              <span class={`swatch ${kinds[kind][0]}`} aria-hidden="true" /> {kinds[kind][1]}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
