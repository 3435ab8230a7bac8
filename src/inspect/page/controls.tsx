import { useState } from 'preact/hooks';
import type { ActorNews } from '../protocol.ts';
import { hello, link } from './store.ts';
import { phrase } from './words.ts';

const plainEvents = [
  ['SUCCESS', 'a call succeeded'],
  ['REQUEST', 'a call is asked for'],
  ['ISOLATE', 'open it by hand'],
  ['RELEASE', 'take an isolation back'],
  ['RESET', 'make it fresh and closed'],
] as const;

/** Buttons that send an actor an event, where the inspector was started with controls. */
export function Controls({ actor }: { actor: ActorNews }) {
  const [category, setCategory] = useState('executionError');
  const [said, setSaid] = useState('');
  if (actor.kind !== 'circuit' && actor.kind !== 'registry') return null;
  if (!actor.isControlled) {
    return (
      <section class="controls" aria-label="Controls">
        <h2>Controls</h2>
        <p class="quiet">
          {hello.value?.controls
            ? 'An app on the wire can be watched, but takes no events.'
            : 'Off. Start the inspector with controls: true to send events from here.'}
        </p>
      </section>
    );
  }
  const send = async (event: { type: string; category?: string }): Promise<void> => {
    const answer = await link.ask({ type: 'send', actor: actor.id, event }, 'told');
    setSaid(
      answer === undefined ? 'The server did not answer.' : (answer.error ?? `${event.type} was sent.`),
    );
  };
  return (
    <section class="controls" aria-label="Controls">
      <h2>Controls</h2>
      {actor.kind === 'registry' ? (
        <div class="buttons">
          <button
            type="button"
            title="the user says: go on anyway"
            onClick={() => void send({ type: 'ACKNOWLEDGE' })}
          >
            ACKNOWLEDGE
          </button>
        </div>
      ) : (
        <>
          <div class="buttons">
            {plainEvents.map(([type, about]) => (
              <button type="button" key={type} title={about} onClick={() => void send({ type })}>
                {type}
              </button>
            ))}
          </div>
          <div class="buttons failure">
            <button
              type="button"
              title="a call failed"
              onClick={() => void send({ type: 'FAILURE', category })}
            >
              FAILURE
            </button>
            <label>
              <span>of category</span>
              <select value={category} onChange={({ currentTarget }) => setCategory(currentTarget.value)}>
                {(hello.value?.categories ?? []).map((name) => (
                  <option key={name} value={name}>
                    {phrase(name)}
                  </option>
                ))}
              </select>
            </label>
          </div>
        </>
      )}
      <p class="said" role="status">
        {said}
      </p>
    </section>
  );
}
