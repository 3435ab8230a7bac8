import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import type { EventDetails, EventNews } from './protocol.ts';
import { stateText } from './state-text.ts';
import { takenTransition } from './taken-transition.ts';

/** The minimal shape of an event. */
export interface SeenEvent {
  readonly type: string;
  readonly category?: unknown;
}

/** One event and its effect on its actor. Snapshots are not copied, because XState never changes them. */
export interface EventRecord {
  readonly seq: number;
  readonly at: number;
  readonly from: string | null;
  readonly to: KnownActor;
  readonly event: SeenEvent;
  before: SeenSnapshot | undefined;
  after: SeenSnapshot | undefined;
  /** The transitions that were taken, as XState's objects; undefined if unknown. */
  transitions: readonly unknown[] | undefined;
  bytes: number;
}

const maxTypeLength = 200;

/** The summary of an event. */
export function eventNews({ seq, at, from, to, event, before, after, transitions }: EventRecord): EventNews {
  const { type, category } = event;
  return {
    seq,
    at,
    from,
    to: to.id,
    type: type.slice(0, maxTypeLength),
    category: type === 'FAILURE' && typeof category === 'string' ? category.slice(0, maxTypeLength) : null,
    before: before === undefined ? null : stateText(before.value),
    after: after === undefined ? null : stateText(after.value),
    taken: transitions === undefined ? null : transitions.flatMap((each) => takenTransition(each) ?? []),
  };
}

/** All details of an event. */
export function eventDetails(record: EventRecord): EventDetails {
  const { to, event, before, after } = record;
  return {
    ...eventNews(record),
    event: to.source.showEvent(event, to),
    snapshotBefore: before === undefined ? null : to.source.showSnapshot(before, to),
    snapshotAfter: after === undefined ? null : to.source.showSnapshot(after, to),
  };
}
