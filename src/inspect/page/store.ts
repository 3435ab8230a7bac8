import { batch, computed, effect, signal } from '@preact/signals';
import type { FactsNews, ServerMessage } from '../protocol.ts';
import { type Actor, Feed, type FeedListener, type SeenEvent } from './feed.ts';
import { tokenInAddress } from './route.ts';

/** All actors by id. The map is mutated in place; `actorsTick` signals changes. */
export const actors = new Map<string, Actor>();
export const actorsTick = signal(0);
/** The definitions as JSON, by chart name. */
export const charts = new Map<string, string>();
/** What is known of tools beyond their events, by the actor's id. Mutated in place; `factsTick` signals changes. */
export const facts = new Map<string, FactsNews>();
export const factsTick = signal(0);

/** All events in order. The list is mutated in place; `eventsTick` signals changes. */
export const events: SeenEvent[] = [];
export const eventsTick = signal(0);
/** How many events this page was too slow for. */
export const skipped = signal(0);

/** How many events are listed at least, even if the server keeps the details of fewer. */
const minEvents = 5_000;
/** How long a process that has ended is still shown, in ms. */
const endedMs = 10 * 60_000;

let serverAheadMs = 0;
/** The server's wall-clock time, in ms. */
export const serverNow = (): number => Date.now() + serverAheadMs;

/** The server's wall-clock time as a signal, for countdowns only. It stands still while the server does not answer. */
export const beat = signal(Date.now());
setInterval(() => {
  if (connection.value === 'live') beat.value = serverNow();
}, 100);

/** Removes what a feed has told. */
function forget(feed: Feed): void {
  for (const [id, actor] of actors) if (actor.feed === feed) actors.delete(id);
  for (const id of charts.keys()) if (feed.isOwn || id.startsWith(`${feed.id}:`)) charts.delete(id);
  const others = events.filter((event) => event.feed !== feed);
  events.splice(0, events.length, ...others);
  feed.lastSeq = 0;
  feed.skipped = 0;
  actorsTick.value += 1;
  eventsTick.value += 1;
}

function takeActors(feed: Feed, message: ServerMessage & { type: 'actors' }): void {
  if (feed.isOwn) serverAheadMs = message.now - Date.now();
  if (message.isAll) for (const [id, actor] of actors) if (actor.feed === feed) actors.delete(id);
  for (const id of message.gone) {
    actors.delete(feed.here(id));
    facts.delete(feed.here(id));
  }
  for (const { id, parent, chart, ...actor } of message.actors) {
    actors.set(feed.here(id), {
      ...actor,
      id: feed.here(id),
      parent: parent === null ? null : feed.here(parent),
      chart: chart === null ? null : feed.here(chart),
      feed,
    });
  }
  actorsTick.value += 1;
}

function takeEvents(feed: Feed, message: ServerMessage & { type: 'events' }): void {
  for (const event of message.events) {
    // After a reconnect, the server sends all events that it has kept.
    if (event.seq <= feed.lastSeq) continue;
    feed.lastSeq = event.seq;
    const last = events.at(-1)?.seq ?? 0;
    events.push({
      ...event,
      // The numbers of the only feed are those of its process.
      seq: feed.isOwn ? Math.max(last + 1, event.seq) : last + 1,
      theirs: event.seq,
      from: event.from === null ? null : feed.here(event.from),
      to: feed.here(event.to),
      feed,
    });
  }
  const maxEvents = Math.max(minEvents, feed.hello.value?.history ?? 0);
  if (events.length > maxEvents) events.splice(0, events.length - maxEvents);
  feed.skipped = message.skipped;
  skipped.value = [...feeds.value].reduce((sum, each) => sum + each.skipped, 0);
  eventsTick.value += 1;
}

/** Connects with the processes that are new, and takes leave of those that have ended. */
function takeProcesses({ processes }: ServerMessage & { type: 'processes' }): void {
  const listed = new Set(processes.map(({ id }) => id));
  for (const feed of feeds.value) {
    if (feed.isOwn || listed.has(feed.id) || feed.connection.value === 'ended') continue;
    feed.end();
    setTimeout(() => {
      if (feed.connection.value !== 'ended') return;
      forget(feed);
      feeds.value = feeds.value.filter((each) => each !== feed);
    }, endedMs);
  }
  const known = new Set(feeds.value.filter((each) => each.connection.value !== 'ended').map(({ id }) => id));
  for (const { id, name } of processes) {
    if (known.has(id)) continue;
    const feed = new Feed(id, name, listener);
    feeds.value = [...feeds.value, feed];
    feed.link.connect();
  }
}

function take(feed: Feed, message: ServerMessage): void {
  switch (message.type) {
    case 'hello': {
      const { value: before } = feed.hello;
      if (before !== undefined && before.session !== message.session) forget(feed);
      if (feed.isOwn) serverAheadMs = message.now - Date.now();
      feed.hello.value = message;
      return;
    }
    case 'processes':
      if (feed.isOwn) takeProcesses(message);
      return;
    case 'chart':
      charts.set(feed.here(message.id), message.definition);
      return;
    case 'actors':
      takeActors(feed, message);
      return;
    case 'facts':
      for (const [id, told] of message.facts) facts.set(feed.here(id), told);
      factsTick.value += 1;
      return;
    case 'events':
      takeEvents(feed, message);
  }
}

const listener: FeedListener = {
  onMessage: (feed, message) => batch(() => take(feed, message)),
  onConnection: () => {
    actorsTick.value += 1;
  },
};

const ownFeed = new Feed('', null, listener);
/** The processes that the page is connected to; the inspector's own is the first. */
export const feeds = signal<readonly Feed[]>([ownFeed]);
export const { connection, hello } = ownFeed;

export const connect = (): void => ownFeed.link.connect();

const token = tokenInAddress();
// The browser does not reload a page when only the key in its address changes.
addEventListener('hashchange', () => {
  if (tokenInAddress() !== token) location.reload();
});

/** All actors, in order of arrival. */
export const actorList = computed(() => {
  actorsTick.value;
  return [...actors.values()];
});
export const registries = computed(() => actorList.value.filter(({ kind }) => kind === 'registry'));
export const runs = computed(() => actorList.value.filter(({ kind }) => kind === 'run'));

/** When an actor's app was last heard of, if that is gone; null while it is there. */
export const goneSince = ({ goneAt, feed }: Actor): number | 'unknown' | null => {
  if (goneAt !== null) return goneAt;
  return feed.connection.value === 'live' || feed.connection.value === 'connecting' ? null : 'unknown';
};

/** How many circuits are open or isolated. */
const openCount = computed(
  () =>
    actorList.value.filter(
      ({ kind, state }) => kind === 'circuit' && (state === 'open' || state === 'isolated'),
    ).length,
);

/** What is inspected: a name, or how many processes. */
export const title = computed(() => {
  const others = feeds.value.filter((feed) => !feed.isOwn && feed.connection.value !== 'ended');
  if (others.length === 1) return others[0]?.name ?? null;
  return others.length > 1 ? `${others.length} processes` : ownFeed.name;
});

effect(() => {
  const open = openCount.value > 0 ? `(${openCount.value} open) ` : '';
  document.title = `${open}${title.value === null ? '' : `${title.value} · `}toolfuse`;
});
