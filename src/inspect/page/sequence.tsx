import { useEffect, useState } from 'preact/hooks';
import type { EventDetails } from '../protocol.ts';
import type { SeenEvent } from './feed.ts';
import { JsonText } from './json-text.tsx';
import { isNarrow } from './narrow.ts';
import { go } from './route.ts';
import {
  chosen,
  detailsOf,
  eventTypes,
  exported,
  lastNameOf,
  shownEvents,
  toolFilter,
  typeFilter,
} from './sequence-list.ts';
import { StateBadge } from './state-badge.tsx';
import { actors, events, skipped } from './store.ts';
import { VirtualList } from './virtual-list.tsx';
import { count, eventWords, phrase, timeOfDay } from './words.ts';

const rowHeight = 34;
/** On a phone, an event takes two lines. */
const narrowRowHeight = 56;

type Lane = 0 | 1 | 2;
const laneNames = ['Outside', 'Registry', 'Tools'] as const;

/** The order of the lanes: the outside world, actors without a parent, and the others. */
function laneOf(id: string | null): Lane {
  if (id === null) return 0;
  return actors.get(id)?.parent === null ? 1 : 2;
}

const laneX = (lane: Lane): number => 30 + lane * 60;

/** An arrow from lane to lane, or a loop if an actor sends to itself, as a timer does. */
function Arrow({ from, to }: { from: Lane; to: Lane }) {
  const [x1, x2] = [laneX(from), laneX(to)];
  const head = x2 > x1 ? -6 : 6;
  return (
    <svg class="arrow" viewBox="0 0 180 34" aria-hidden="true">
      {([0, 1, 2] as const).map(laneX).map((x) => (
        <line key={x} class="life" x1={x} x2={x} y1="0" y2="34" />
      ))}
      {x1 === x2 ? (
        <path class="way" d={`M${x1} 11h9a6 6 0 0 1 0 12h-8m5-4-5 4 5 4`} />
      ) : (
        <path class="way" d={`M${x1} 17H${x2}m${head}-4 ${-head} 4 ${head} 4`} />
      )}
      <circle class="from" cx={x1} cy={x1 === x2 ? 11 : 17} r="2.5" />
    </svg>
  );
}

function Row({ event }: { event: SeenEvent }) {
  const { seq, from, to, type, category, before, after } = event;
  const target = lastNameOf(to);
  const kind = actors.get(to)?.kind ?? 'circuit';
  const source = from === null ? 'outside' : from === to ? 'itself' : lastNameOf(from);
  // A circuit's reports to its registry concern its tool.
  const isReport = from !== null && laneOf(from) === 2 && laneOf(to) === 1;
  const tool = isReport ? source : target;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={seq === chosen.value ? 'event-row is-chosen' : 'event-row'}
      role="presentation"
      onClick={() => (chosen.value = seq)}
    >
      <span role="cell" class="cell time">
        {timeOfDay(event.at)}
      </span>
      <span role="cell" class="cell lanes">
        <Arrow from={laneOf(from)} to={laneOf(to)} />
        <span class="unseen">from {source}</span>
      </span>
      <span role="cell" class="cell type">
        <button type="button" class="plain" aria-current={seq === chosen.value}>
          {eventWords(type)}
        </button>
        {category !== null && <span class="quiet"> {phrase(category)}</span>}
      </span>
      <span role="cell" class="cell target">
        {tool}
        {from !== null && from !== to && (
          <span class="quiet">{isReport ? ` to ${target}` : ` from ${source}`}</span>
        )}
      </span>
      <span role="cell" class="cell change">
        {after !== null && before !== after && (
          <>
            {before !== null && (
              <span class="was">
                <StateBadge kind={kind} state={before} />
                <span class="to" aria-hidden="true">
                  →
                </span>
                <span class="unseen">, then </span>
              </span>
            )}
            <StateBadge kind={kind} state={after} />
          </>
        )}
      </span>
    </div>
  );
}

/** All details of one event: the event itself, and the snapshots before and after it. */
function Details({ seq }: { seq: number }) {
  const [details, setDetails] = useState<EventDetails | null>();
  const event = events.find((each) => each.seq === seq);
  useEffect(() => {
    let isCurrent = true;
    setDetails(undefined);
    void (event === undefined ? Promise.resolve(null) : detailsOf(event)).then((answer) => {
      if (isCurrent) setDetails(answer ?? null);
    });
    return () => {
      isCurrent = false;
    };
  }, [seq]);
  if (details === undefined) return <p class="quiet">Asking the server…</p>;
  if (details === null || event === undefined) return <p class="quiet">This event is no longer kept.</p>;
  return (
    <>
      <h2>
        {eventWords(details.type)} <span class="quiet">to {lastNameOf(event.to)}</span>
      </h2>
      <p class="quiet">
        #{seq}, {timeOfDay(details.at)},{' '}
        {event.from === null ? 'from outside' : `from ${lastNameOf(event.from)}`}{' '}
        <button type="button" class="link" onClick={() => go({ view: 'chart', actor: event.to })}>
          See it in the statechart
        </button>
      </p>
      <h3>Event</h3>
      <JsonText value={details.event} label="Event" />
      <h3>Snapshot before</h3>
      <JsonText value={details.snapshotBefore} other={details.snapshotAfter} label="Snapshot before" />
      <h3>Snapshot after</h3>
      <JsonText value={details.snapshotAfter} other={details.snapshotBefore} label="Snapshot after" />
    </>
  );
}

/** Saves the shown events as a file. */
function Export() {
  const [said, setSaid] = useState('');
  const save = async (): Promise<void> => {
    setSaid('Collecting…');
    try {
      const address = URL.createObjectURL(new Blob([await exported()], { type: 'application/json' }));
      const anchor = document.createElement('a');
      anchor.href = address;
      anchor.download = 'toolfuse-events.json';
      anchor.click();
      URL.revokeObjectURL(address);
      setSaid('');
    } catch (error) {
      setSaid(error instanceof Error ? error.message : 'It failed.');
    }
  };
  return (
    <>
      <span role="status" class="quiet">
        {said}
      </span>
      <button type="button" onClick={() => void save()}>
        Export JSON
      </button>
    </>
  );
}

/** Steps back and forth through the shown events. */
function Scrubber({ shown }: { shown: readonly SeenEvent[] }) {
  const last = shown.length - 1;
  const at = chosen.value === null ? last : shown.findIndex(({ seq }) => seq >= (chosen.value ?? 0));
  return (
    <div class="scrubber">
      <button
        type="button"
        aria-pressed={chosen.value === null}
        title="Follow what happens"
        onClick={() => (chosen.value = chosen.value === null ? (shown[last]?.seq ?? null) : null)}
      >
        Live
      </button>
      <input
        type="range"
        aria-label="Go back in time"
        min="0"
        max={Math.max(0, last)}
        value={at === -1 ? last : at}
        onInput={({ currentTarget }) => (chosen.value = shown[Number(currentTarget.value)]?.seq ?? null)}
      />
      <span class="quiet where">{chosen.value === null ? 'now' : timeOfDay(shown[at]?.at ?? 0)}</span>
    </div>
  );
}

/** The sequence of events between the outside world, the registry and the tools. */
export function Sequence() {
  const shown = shownEvents.value;
  const index = chosen.value === null ? -1 : shown.findIndex(({ seq }) => seq === chosen.value);
  return (
    <main class="sequence">
      <h1 class="unseen">Sequence</h1>
      <div class="bar">
        <input
          type="search"
          placeholder="Of a tool"
          aria-label="Only events of a tool"
          value={toolFilter.value}
          onInput={({ currentTarget }) => (toolFilter.value = currentTarget.value)}
        />
        <select
          aria-label="Only events of a type"
          value={typeFilter.value}
          onChange={({ currentTarget }) => (typeFilter.value = currentTarget.value)}
        >
          <option value="">Every type</option>
          {eventTypes.value.map((type) => (
            <option key={type} value={type}>
              {eventWords(type)}
            </option>
          ))}
        </select>
        <span class="quiet tally-of-events">
          {count(shown.length, 'event')}
          {skipped.value > 0 && `, ${skipped.value.toLocaleString('en')} skipped: too many at once`}
        </span>
        <span class="push" />
        <Export />
      </div>
      <Scrubber shown={shown} />
      <div class={chosen.value === null ? 'split' : 'split has-details'}>
        <div class="table" role="table" aria-label="Events" aria-rowcount={shown.length + 1}>
          <div class="head" role="rowgroup">
            <div class="event-row" role="row" aria-rowindex={1}>
              <span role="columnheader" class="cell time">
                Time
              </span>
              <span role="columnheader" class="cell lanes" aria-label={`From ${laneNames.join(', ')}`}>
                {laneNames.map((name) => (
                  <span key={name}>{name}</span>
                ))}
              </span>
              <span role="columnheader" class="cell type">
                Event
              </span>
              <span role="columnheader" class="cell target">
                Of
              </span>
              <span role="columnheader" class="cell change">
                State
              </span>
            </div>
          </div>
          <VirtualList
            items={shown}
            rowHeight={isNarrow.value ? narrowRowHeight : rowHeight}
            keyOf={({ seq }) => seq}
            row={(event) => <Row event={event} />}
            label={count(shown.length, 'event')}
            before={1}
            reveal={index}
            follows={chosen.value === null}
          />
        </div>
        {chosen.value !== null && (
          <aside class="details" aria-label="The chosen event">
            <button type="button" class="link close" onClick={() => (chosen.value = null)}>
              Close
            </button>
            <Details seq={chosen.value} />
          </aside>
        )}
      </div>
    </main>
  );
}
