import { batch, computed, signal } from '@preact/signals';
import type { ActorNews, EventNews, ServerMessage } from '../protocol.ts';
import { Link } from './link.ts';
import { tokenInAddress } from './route.ts';

type Hello = Extract<ServerMessage, { type: 'hello' }>;

/**
 * `outside`: this page has never been connected, whether or not a server is running. `replaced`: another inspector with
 * another key is running now.
 */
export const connection = signal<'connecting' | 'live' | 'lost' | 'outside' | 'replaced'>('connecting');
export const hello = signal<Hello | undefined>(undefined);

/** All actors by id. The map is mutated in place; `actorsTick` signals changes. */
export const actors = new Map<string, ActorNews>();
export const actorsTick = signal(0);
/** The definitions as JSON, by chart name. */
export const charts = new Map<string, string>();

/** All events in order. The list is mutated in place; `eventsTick` signals changes. */
export const events: EventNews[] = [];
export const eventsTick = signal(0);
/** How many events this page was too slow for. */
export const skipped = signal(0);

/** How many events are listed at least, even if the server keeps the details of fewer. */
const minEvents = 5_000;

let serverAheadMs = 0;
/** The server's wall-clock time, in ms. */
const serverNow = (): number => Date.now() + serverAheadMs;

/** The server's wall-clock time as a signal, for countdowns only. */
export const beat = signal(Date.now());
setInterval(() => {
  beat.value = serverNow();
}, 100);

function forgetAll(): void {
  actors.clear();
  charts.clear();
  events.length = 0;
  skipped.value = 0;
}

function takeActors(message: ServerMessage & { type: 'actors' }): void {
  serverAheadMs = message.now - Date.now();
  if (message.isAll) actors.clear();
  for (const id of message.gone) actors.delete(id);
  for (const actor of message.actors) actors.set(actor.id, actor);
  actorsTick.value += 1;
}

function takeEvents(message: ServerMessage & { type: 'events' }): void {
  // After a reconnect, the server sends all events that it has kept.
  const last = events.at(-1)?.seq ?? 0;
  for (const event of message.events) if (event.seq > last) events.push(event);
  const maxEvents = Math.max(minEvents, hello.value?.history ?? 0);
  if (events.length > maxEvents) events.splice(0, events.length - maxEvents);
  skipped.value = message.skipped;
  eventsTick.value += 1;
}

function take(message: ServerMessage): void {
  switch (message.type) {
    case 'hello':
      if (hello.value !== undefined && hello.value.session !== message.session) forgetAll();
      serverAheadMs = message.now - Date.now();
      hello.value = message;
      return;
    case 'chart':
      charts.set(message.id, message.definition);
      return;
    case 'actors':
      takeActors(message);
      return;
    case 'events':
      takeEvents(message);
  }
}

/** Detects a replaced server: one that serves its icon but rejects this page's key. */
async function findOutWhoIsThere(): Promise<void> {
  const isThere = await fetch('icon.svg').then(
    ({ ok }) => ok,
    () => false,
  );
  if (isThere && connection.value === 'lost') connection.value = 'replaced';
}

const token = tokenInAddress();
// The browser does not reload a page when only the key in its address changes.
addEventListener('hashchange', () => {
  if (tokenInAddress() !== token) location.reload();
});

export const link = new Link(token, {
  onMessage: (message) => batch(() => take(message)),
  onOpen: () => {
    connection.value = 'live';
  },
  onClose: (hasBeenOpen) => {
    connection.value = hello.value === undefined ? 'outside' : 'lost';
    if (!hasBeenOpen && hello.value !== undefined) void findOutWhoIsThere();
  },
});

/** All actors, in order of arrival. */
export const actorList = computed(() => {
  actorsTick.value;
  return [...actors.values()];
});
export const registries = computed(() => actorList.value.filter(({ kind }) => kind === 'registry'));
