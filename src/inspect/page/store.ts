import { batch, computed, signal } from '@preact/signals';
import type { ActorNews, EventNews, ServerMessage } from '../protocol.ts';
import { Link } from './link.ts';
import { tokenInAddress } from './route.ts';

type Hello = Extract<ServerMessage, { type: 'hello' }>;

/**
 * `outside`: the server is there, or not, but has never let this page in. `replaced`: another inspector is there now,
 * with a key of its own.
 */
export const connection = signal<'connecting' | 'live' | 'lost' | 'outside' | 'replaced'>('connecting');
export const hello = signal<Hello | undefined>(undefined);

/** Every actor by its id. The map is changed in place; `actorsTick` tells when. */
export const actors = new Map<string, ActorNews>();
export const actorsTick = signal(0);
/** Definitions as JSON, by the name of their chart. */
export const charts = new Map<string, string>();

/** Events in order. The list is changed in place; `eventsTick` tells when. */
export const events: EventNews[] = [];
export const eventsTick = signal(0);
/** Events that this page was too slow for. */
export const skipped = signal(0);

/** So many are listed, though the server may keep fewer in full. */
const fewestKept = 5_000;

let serverAheadMs = 0;
/** The server's time of day, in ms. */
const serverNow = (): number => Date.now() + serverAheadMs;

/** The same, as it runs: at each beat. Only what shows a countdown looks at it. */
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
  // After a reconnect the server tells all that it has kept.
  const last = events.at(-1)?.seq ?? 0;
  for (const event of message.events) if (event.seq > last) events.push(event);
  const most = Math.max(fewestKept, hello.value?.history ?? 0);
  if (events.length > most) events.splice(0, events.length - most);
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

/** A server that gives its icon, but does not let this page in, is another one. */
async function findOutWhoIsThere(): Promise<void> {
  const isThere = await fetch('icon.svg').then(
    ({ ok }) => ok,
    () => false,
  );
  if (isThere && connection.value === 'lost') connection.value = 'replaced';
}

const token = tokenInAddress();
// For a browser an address with another key is the same page still.
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

/** Every actor, in the order in which they came. */
export const actorList = computed(() => {
  actorsTick.value;
  return [...actors.values()];
});
export const registries = computed(() => actorList.value.filter(({ kind }) => kind === 'registry'));
