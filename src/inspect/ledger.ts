import { Charts } from './charts.ts';
import type { EventRecord, SeenEvent } from './event-record.ts';
import type { CallKind } from './history/call-bins.ts';
import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import { kindOfEvent } from './outcomes.ts';
import type { FactsNews } from './protocol.ts';
import { Ring } from './ring.ts';

/** The largest number of events of one actor that wait for their snapshots. */
const maxPending = 64;
/** The largest number of ended actors that are still shown. */
const maxEnded = 200;
/** The largest number of removed actors to remember, for pages that have not been notified yet. */
const maxGone = 20_000;
/** What the kept events of remote apps may take in memory, in bytes. */
const maxBytes = 32 * 2 ** 20;

/** All data of the inspector: the current actors and the last events. Every part of it is bounded. */
export class Ledger {
  readonly charts = new Charts();
  readonly actors = new Map<string, KnownActor>();
  readonly events: Ring<EventRecord>;
  /** Removed actors, each with the version of its removal, oldest first. */
  readonly gone: { readonly id: string; readonly version: number }[] = [];
  /** The version of the last entry dropped from `gone`; a page behind that version must get everything again. */
  goneSince = 0;
  /** Grows with every change. */
  version = 0;
  /** Called at every change, so it must be fast. */
  onChange: () => void = () => {};
  readonly #ended: KnownActor[] = [];

  constructor(history: number) {
    this.events = new Ring(history, maxBytes, noLongerWaits);
  }

  add(actor: KnownActor): void {
    this.actors.set(actor.id, actor);
    this.#changed(actor);
  }

  /** Removes an actor. */
  remove(actor: KnownActor): void {
    if (this.actors.get(actor.id) !== actor) return;
    this.actors.delete(actor.id);
    actor.source.forget?.(actor);
    this.version += 1;
    this.gone.push({ id: actor.id, version: this.version });
    if (this.gone.length > maxGone) {
      for (const { version } of this.gone.splice(0, maxGone / 2)) this.goneSince = version;
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
    if (to.pending.length === maxPending) to.pending.shift();
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
      const kind = kindOfEvent(event, contextOf(before), contextOf(snapshot));
      if (kind === 'refused' || (kind !== undefined && !actor.isReported)) actor.addCall(kind);
    }
    this.#changed(actor);
    if (actor.status !== 'active') this.#end(actor);
  }

  /** A call of a tool has ended or was refused, whether or not its circuit received an event. */
  addCall(actor: KnownActor, kind: CallKind): void {
    actor.addCall(kind);
    this.touch(actor);
  }

  /** What is known about a tool beyond its events. */
  setFacts(actor: KnownActor, facts: FactsNews): void {
    if (JSON.stringify(facts) === JSON.stringify(actor.facts)) return;
    this.version += 1;
    actor.facts = facts;
    actor.factsVersion = this.version;
    this.onChange();
  }

  /** An actor takes transitions because of the event that it is processing. */
  addTransitions(actor: KnownActor, transitions: readonly unknown[]): void {
    const [record] = actor.pending;
    if (record !== undefined && transitions.length > 0) {
      record.transitions =
        record.transitions === undefined ? transitions : [...record.transitions, ...transitions];
    }
  }

  /** A visible part of an actor has changed. */
  touch(actor: KnownActor): void {
    if (this.actors.get(actor.id) === actor) this.#changed(actor);
  }

  #changed(actor: KnownActor): void {
    this.version += 1;
    actor.version = this.version;
    this.onChange();
  }

  /** Removes a forgotten circuit at once; other actors stay visible for a while in their final states. */
  #end(actor: KnownActor): void {
    if (actor.kind === 'circuit') {
      this.remove(actor);
      return;
    }
    if (this.#ended.includes(actor)) return;
    this.#ended.push(actor);
    const oldest = this.#ended.length > maxEnded ? this.#ended.shift() : undefined;
    if (oldest !== undefined) this.remove(oldest);
  }
}

const contextOf = (snapshot: SeenSnapshot | undefined): { deniedRequests?: unknown } | undefined =>
  typeof snapshot?.context === 'object' ? (snapshot.context ?? undefined) : undefined;

/** An event that is no longer kept must not be kept by its actor either, as one that still has no snapshot. */
function noLongerWaits(record: EventRecord): void {
  const { pending } = record.to;
  const index = pending.indexOf(record);
  if (index !== -1) pending.splice(index, 1);
}
