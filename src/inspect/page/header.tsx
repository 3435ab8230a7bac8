import { go, route, type View } from './route.ts';
import { connection, runs, title } from './store.ts';
import { nextTheme, theme } from './theme.ts';

const tabs: readonly (readonly [View, string])[] = [
  ['board', 'Board'],
  ['runs', 'Runs'],
  ['chart', 'Statechart'],
  ['sequence', 'Sequence'],
];

const connectionWords = {
  connecting: 'connecting',
  live: 'live',
  lost: 'lost, trying again',
  outside: 'not let in',
  replaced: 'ended; the inspector that runs here now has another address',
  ended: 'ended',
} as const;

const themeWords = { system: 'auto', light: 'light', dark: 'dark' } as const;

/** How many runs repeat themselves. */
const looping = (): number =>
  runs.value.filter(({ state }) => state !== 'steady' && state !== 'ended').length;

export function Header() {
  return (
    <header>
      <span class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 16h7m12 0h7" />
          <rect x="10" y="10" width="12" height="12" rx="4" />
        </svg>
        <span class={title.value === null ? '' : 'maker'}>toolfuse</span>
        {title.value !== null && <span class="title">{title.value}</span>}
      </span>
      <nav aria-label="Views">
        {tabs.map(([view, words]) => (
          <button
            type="button"
            key={view}
            aria-current={route.value.view === view ? 'page' : undefined}
            onClick={() => go({ view })}
          >
            {words}
            {view === 'runs' && looping() > 0 && <span class="alarm"> {looping()}</span>}
          </button>
        ))}
      </nav>
      <span class="push" />
      <span class={`connection ${connection.value}`} role="status">
        {connectionWords[connection.value]}
      </span>
      <button type="button" class="link theme" onClick={nextTheme}>
        <span class="label">Colours: </span>
        {themeWords[theme.value]}
      </button>
    </header>
  );
}
