import { Charts } from './charts.ts';
import type { EventRecord, SeenEvent } from './event-record.ts';
import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import { outcomeOfCall, outcomeOfEvent, withOutcome } from './outcomes.ts';
import { Ring } from './ring.ts';

/** Events that wait for their snapshot, of one actor. */
const mostPending = 64;
/** Actors that have ended and are still shown. */
const mostEnded = 200;
/** Actors that are gone, for pages that have not heard of it. */
const mostGone = 20_000;
/** What the kept events of apps on the wire may take up. */
const mostBytes = 64 * 2 ** 20;

/** All that the inspector knows: the actors as they are, and the last events. It is bounded in every direction. */
export class Ledger {
  readonly charts = new Charts();
  readonly actors = new Map<string, KnownActor>();
  readonly events: Ring<EventRecord>;
  /** Actors that are gone, and at which version, the oldest first. */
  readonly gone: { readonly id: string; readonly version: number }[] = [];
  /** The version of the last `gone` that was dropped: a page that is behind it has to be told everything. */
  goneSince = 0;
  /** Grows with every change. */
  version = 0;
  /** Called at every change; it must be quick. */
  onChange: () => void = () => {};
  readonly #ended: KnownActor[] = [];

  constructor(history: number) {
    this.events = new Ring(history, mostBytes);
  }

  add(actor: KnownActor): void {
    this.actors.set(actor.id, actor);
    this.#changed(actor);
  }

  /** An actor is known no more. */
  remove(actor: KnownActor): void {
    if (this.actors.get(actor.id) !== actor) return;
    this.actors.delete(actor.id);
    actor.source.forget?.(actor);
    this.version += 1;
    this.gone.push({ id: actor.id, version: this.version });
    if (this.gone.length > mostGone) {
      for (const { version } of this.gone.splice(0, mostGone / 2)) this.goneSince = version;
    }
    this.onChange();
  }

  /** An actor was sent an event. */
  addEvent(to: KnownActor, from: string | null, event: SeenEvent, bytes = 0): void {
    const record: EventRecord = {
      seq: this.events.next,
      at: Date.now(),
      from,
      to,
      event,
      before: to.snapshot,
      after: undefined,
      transitions: undefined,
      bytes,
    };
    this.events.push(record);
    if (to.pending.length === mostPending) to.pending.shift();
    to.pending.push(record);
    this.onChange();
  }

  /** An actor has processed an event. */
  addSnapshot(actor: KnownActor, event: SeenEvent, snapshot: SeenSnapshot, bytes = 0): void {
    const before = actor.snapshot;
    const index = actor.pending.findIndex(
      (record) => record.event === event || record.event.type === event.type,
    );
    const [record] = index === -1 ? [] : actor.pending.splice(index, 1);
    if (record !== undefined) {
      record.before = before;
      record.after = snapshot;
      this.events.grow(record, bytes);
    }
    actor.become(snapshot);
    if (actor.kind === 'circuit') {
      const outcome = outcomeOfEvent(event, contextOf(before), contextOf(snapshot));
      if (outcome === 'd' || !actor.isReported) actor.outcomes = withOutcome(actor.outcomes, outcome);
    }
    this.#changed(actor);
    if (actor.status !== 'active') this.#end(actor);
  }

  /** A call of a tool has ended, whether or not its circuit was told of it. */
  addCall(actor: KnownActor, category: unknown): void {
    actor.isReported = true;
    actor.outcomes = withOutcome(actor.outcomes, outcomeOfCall(category));
    this.touch(actor);
  }

  /** An actor takes transitions, because of the event that it is at. */
  addTransitions(actor: KnownActor, transitions: readonly unknown[]): void {
    const [record] = actor.pending;
    if (record !== undefined && transitions.length > 0) {
      record.transitions =
        record.transitions === undefined ? transitions : [...record.transitions, ...transitions];
    }
  }

  /** Something of an actor that is shown has changed. */
  touch(actor: KnownActor): void {
    if (this.actors.get(actor.id) === actor) this.#changed(actor);
  }

  #changed(actor: KnownActor): void {
    this.version += 1;
    actor.version = this.version;
    this.onChange();
  }

  /** A circuit that is forgotten goes at once; other actors are shown a while with how they ended. */
  #end(actor: KnownActor): void {
    if (actor.kind === 'circuit') {
      this.remove(actor);
      return;
    }
    if (this.#ended.includes(actor)) return;
    this.#ended.push(actor);
    const oldest = this.#ended.length > mostEnded ? this.#ended.shift() : undefined;
    if (oldest !== undefined) this.remove(oldest);
  }
}

const contextOf = (snapshot: SeenSnapshot | undefined): { deniedRequests?: unknown } | undefined =>
  typeof snapshot?.context === 'object' ? (snapshot.context ?? undefined) : undefined;
