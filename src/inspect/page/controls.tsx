import { useState } from 'preact/hooks';
import type { Actor } from './feed.ts';
import { phrase } from './words.ts';

interface PlainEvent {
  readonly type: string;
  readonly about: string;
  /** The states in which the event has an effect. Default: all. */
  readonly states?: readonly string[];
}

const plainEvents: readonly PlainEvent[] = [
  { type: 'SUCCESS', about: 'a call succeeded' },
  { type: 'REQUEST', about: 'a call is asked for' },
  { type: 'ISOLATE', about: 'open it by hand' },
  { type: 'RELEASE', about: 'take an isolation or a disabling back', states: ['isolated', 'disabled'] },
  {
    type: 'DISABLE',
    about: 'let every call through, and keep counting',
    states: ['closed', 'open', 'halfOpen', 'isolated'],
  },
  { type: 'CLOSE', about: 'close it by hand' },
  { type: 'RESET', about: 'make it fresh and closed' },
];

/** Buttons that send events to an actor, if the inspector was started with controls. */
export function Controls({ actor }: { actor: Actor }) {
  const { feed } = actor;
  const hello = feed.hello.value;
  const [category, setCategory] = useState('executionError');
  const [said, setSaid] = useState('');
  if (actor.kind !== 'circuit' && actor.kind !== 'registry') return null;
  if (!actor.isControlled) {
    return (
      <section class="controls" aria-label="Controls">
        <h2>Controls</h2>
        <p class="quiet">
          {hello?.controls
            ? 'A remote app can be watched, but accepts no events.'
            : 'Off. Start the inspector with controls: true to send events from here.'}
        </p>
      </section>
    );
  }
  const send = async (event: { type: string; category?: string }): Promise<void> => {
    const answer = await feed.link.ask({ type: 'send', actor: feed.there(actor.id), event }, 'told');
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
            {plainEvents.map(({ type, about, states }) => (
              <button
                type="button"
                key={type}
                title={about}
                disabled={states?.includes(actor.state) === false}
                onClick={() => void send({ type })}
              >
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
                {(hello?.categories ?? []).map((name) => (
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
