import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import type { EventDetails, EventNews } from './protocol.ts';
import { stateText } from './state-text.ts';
import { takenTransition } from './taken-transition.ts';

/** The least that an event is. */
export interface SeenEvent {
  readonly type: string;
  readonly category?: unknown;
}

/** One event that an actor was sent, and what became of it. Nothing is copied: XState changes no snapshot. */
export interface EventRecord {
  readonly seq: number;
  readonly at: number;
  readonly from: string | null;
  readonly to: KnownActor;
  readonly event: SeenEvent;
  before: SeenSnapshot | undefined;
  after: SeenSnapshot | undefined;
  /** The transitions that it took, as XState has them; undefined where it is not known. */
  transitions: readonly unknown[] | undefined;
  bytes: number;
}

const longestType = 200;

/** An event in short. */
export function eventNews({ seq, at, from, to, event, before, after, transitions }: EventRecord): EventNews {
  const { type, category } = event;
  return {
    seq,
    at,
    from,
    to: to.id,
    type: type.slice(0, longestType),
    category: type === 'FAILURE' && typeof category === 'string' ? category.slice(0, longestType) : null,
    before: before === undefined ? null : stateText(before.value),
    after: after === undefined ? null : stateText(after.value),
    taken: transitions === undefined ? null : transitions.flatMap((each) => takenTransition(each) ?? []),
  };
}

/** An event in full. */
export function eventDetails(record: EventRecord): EventDetails {
  const { to, event, before, after } = record;
  return {
    ...eventNews(record),
    event: to.source.showEvent(event, to),
    snapshotBefore: before === undefined ? null : to.source.showSnapshot(before, to),
    snapshotAfter: after === undefined ? null : to.source.showSnapshot(after, to),
  };
}
