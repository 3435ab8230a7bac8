import { type BoardRow, fold } from './board-list.ts';
import type { Actor } from './feed.ts';

/** How many of the rows below a row refuse calls. */
function innerWords(inner: readonly Actor[]): string {
  const refusing = inner.filter(({ state }) => state === 'open' || state === 'isolated').length;
  return `${refusing > 0 ? `${refusing} of ` : ''}${inner.length}${refusing > 0 ? ' open' : ''}`;
}

/** Shows or hides the rows below a row; nothing for one that has none. */
export function FoldButton({ row }: { row: BoardRow & { kind: 'tool' | 'keys' } }) {
  if (row.inner.length === 0) return null;
  const name = row.kind === 'tool' ? row.actor.name : row.name;
  return (
    <button
      type="button"
      class="fold"
      aria-expanded={!row.isFolded}
      aria-label={`Below ${name}: ${innerWords(row.inner)}`}
      onClick={(event) => {
        event.stopPropagation();
        fold(row.key, !row.isFolded);
      }}
    >
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={row.isFolded ? 'M3 1l4 4-4 4' : 'M1 3l4 4 4-4'} />
      </svg>
      {innerWords(row.inner)}
    </button>
  );
}
