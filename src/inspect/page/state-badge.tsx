import { lookOf, type StateLook } from './state-look.ts';

/** A shape for each state, so that states do not differ by colour alone. */
function Shape({ look }: Pick<StateLook, 'look'>) {
  return (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      {look === 'closed' && <circle cx="8" cy="8" r="5.5" fill="currentColor" />}
      {look === 'open' && <path d="M8 1.2 14.8 8 8 14.8 1.2 8Z" fill="currentColor" />}
      {look === 'half' && (
        <>
          <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" />
          <path d="M8 2.5a5.5 5.5 0 0 0 0 11Z" fill="currentColor" />
        </>
      )}
      {look === 'isolated' && (
        <>
          <rect x="2" y="2" width="12" height="12" rx="2" fill="currentColor" />
          <rect x="4.5" y="7" width="7" height="2" fill="var(--surface)" />
        </>
      )}
      {look === 'disabled' && (
        <>
          <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" />
          <path d="m4.2 11.8 7.6-7.6" stroke="currentColor" stroke-width="2" />
        </>
      )}
      {look === 'plain' && (
        <rect x="3" y="3" width="10" height="10" rx="3" fill="none" stroke="currentColor" stroke-width="2" />
      )}
    </svg>
  );
}

/** A state as a colour, a shape and a word. */
export function StateBadge({ kind, state }: { kind: string; state: string }) {
  const { word, look } = lookOf(kind, state);
  return (
    <span class={`badge look-${look}`}>
      <Shape look={look} />
      <span class="word">{word}</span>
    </span>
  );
}
