import { onlyState, type Sort, search, sort, sorts, stateCounts, tools } from './board-list.ts';
import { period, periods, showPeriod } from './lanes.ts';
import { StateBadge } from './state-badge.tsx';

function Filters() {
  const all = tools.value.length;
  return (
    <div class="chips" role="group" aria-label="Show only a state">
      <button type="button" aria-pressed={onlyState.value === null} onClick={() => (onlyState.value = null)}>
        All <span class="tally">{all.toLocaleString('en')}</span>
      </button>
      {stateCounts.value.map(({ state, kind, count: howMany }) => (
        <button
          type="button"
          key={state}
          aria-pressed={onlyState.value === state}
          onClick={() => (onlyState.value = onlyState.value === state ? null : state)}
        >
          <StateBadge kind={kind} state={state} /> <span class="tally">{howMany.toLocaleString('en')}</span>
        </button>
      ))}
    </div>
  );
}

/** How far back the lanes reach. */
function PeriodChoice() {
  return (
    <label class="sorting">
      <span>History</span>
      <select
        value={String(period.value)}
        onChange={({ currentTarget }) => showPeriod(Number(currentTarget.value))}
      >
        {periods.map(({ ms, words }) => (
          <option key={ms} value={String(ms)}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function SearchAndSort() {
  return (
    <>
      <input
        type="search"
        placeholder="Find a tool"
        aria-label="Find a tool"
        value={search.value}
        onInput={({ currentTarget }) => (search.value = currentTarget.value)}
      />
      <PeriodChoice />
      <label class="sorting">
        <span>Sort</span>
        <select
          value={sort.value}
          onChange={({ currentTarget }) => (sort.value = currentTarget.value as Sort)}
        >
          {Object.entries(sorts).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** What the board is filtered and sorted by. */
export function BoardBar() {
  return (
    <div class="bar">
      <Filters />
      <span class="push" />
      <SearchAndSort />
    </div>
  );
}
