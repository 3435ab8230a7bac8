import { computed, signal } from '@preact/signals';
import type { EventDetails } from '../protocol.ts';
import type { Feed, SeenEvent } from './feed.ts';
import { actors, events, eventsTick } from './store.ts';

export const toolFilter = signal('');
export const typeFilter = signal('');
/** The chosen event; null while the list is live. */
export const chosen = signal<number | null>(null);

const nameOf = (id: string): string => actors.get(id)?.name ?? id.slice(id.indexOf('/') + 1);

const names = new Map<string, string>();
/** The name of an actor, even after the actor is gone. */
export function lastNameOf(id: string): string {
  const actor = actors.get(id);
  if (actor !== undefined) names.set(id, actor.name);
  return names.get(id) ?? nameOf(id);
}

/** The event types that occur, for the filter. */
export const eventTypes = computed(() => {
  eventsTick.value;
  return [...new Set(events.map(({ type }) => type))].sort().slice(0, 300);
});

/** The events that pass the filters. */
export const shownEvents = computed<readonly SeenEvent[]>(() => {
  eventsTick.value;
  const words = toolFilter.value.trim().toLowerCase();
  const type = typeFilter.value;
  if (words === '' && type === '') return events.slice();
  return events.filter(
    (event) =>
      (type === '' || event.type === type) &&
      (words === '' ||
        lastNameOf(event.to).toLowerCase().includes(words) ||
        (event.from !== null && lastNameOf(event.from).toLowerCase().includes(words))),
  );
});

/** The state of an actor right after an event; undefined if that is unknown. */
export function stateAfter(actor: string, seq: number): string | undefined {
  let later: string | undefined;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index];
    if (event === undefined || event.to !== actor) continue;
    if (event.seq <= seq) return event.after ?? event.before ?? later;
    if (event.before !== null) later = event.before;
  }
  return later;
}

/** The last event that an actor processed, and the last one that changed its state. */
export interface LastEvents {
  readonly event: SeenEvent | undefined;
  readonly change: SeenEvent | undefined;
}

/** The last events of an actor, up to another event or to now. */
export function lastEventsOf(actor: string, seq: number | null): LastEvents {
  let last: SeenEvent | undefined;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index];
    if (event?.to !== actor || event.after === null || (seq !== null && event.seq > seq)) continue;
    last ??= event;
    if (event.before !== event.after) return { event: last, change: event };
  }
  return { event: last, change: undefined };
}

/** The details of one event; null if its process has dropped it, undefined if that does not answer. */
export async function detailsOf({ feed, theirs }: SeenEvent): Promise<EventDetails | null | undefined> {
  const answer = await feed.link.ask({ type: 'details', seqs: [theirs] }, 'details');
  return answer === undefined ? undefined : (answer.details[0] ?? null);
}

/** The details of the shown events of one process. */
async function exportedOf(feed: Feed, seqs: readonly number[]): Promise<object[]> {
  const all: object[] = [];
  for (let from = 0; from < seqs.length; from += 100) {
    const answer = await feed.link.ask({ type: 'details', seqs: seqs.slice(from, from + 100) }, 'details');
    if (answer === undefined) throw new Error('The server did not answer.');
    for (const { to, from: sender, ...details } of answer.details) {
      all.push({
        ...details,
        ...(feed.isOwn ? {} : { process: feed.name ?? feed.id }),
        at: new Date(details.at).toISOString(),
        from: sender === null ? null : lastNameOf(feed.here(sender)),
        to: lastNameOf(feed.here(to)),
      });
    }
  }
  return all;
}

/** The details of all shown events as JSON, without those that the server has dropped meanwhile. */
export async function exported(): Promise<string> {
  const byFeed = new Map<Feed, number[]>();
  for (const { feed, theirs } of shownEvents.value) {
    const others = byFeed.get(feed);
    if (others === undefined) byFeed.set(feed, [theirs]);
    else others.push(theirs);
  }
  const all: object[] = [];
  for (const [feed, seqs] of byFeed) all.push(...(await exportedOf(feed, seqs)));
  return JSON.stringify({ format: 'toolfuse.events', version: 1, events: all }, null, 2);
}
