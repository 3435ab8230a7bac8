import { boundedCopy, costOfParsing, type Sized } from './bounded-copy.ts';
import type { SeenEvent } from './event-record.ts';
import { KnownActor, kindOf, type SeenSnapshot } from './known-actor.ts';
import type { Ledger } from './ledger.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { plainValue } from './plain-value.ts';
import type { TimerNews } from './protocol.ts';
import { showSnapshot } from './sanitize.ts';
import type { Source } from './source.ts';
import { timedStates, timersOf } from './wire-timers.ts';

/** The largest number of actors of one app. */
const maxActors = 10_000;
/** What one message may cost in memory while it is read, in bytes. */
const maxReadBytes = 48 * 2 ** 20;
/** What an actor costs in memory beside its snapshot, and a chart beside its text, in bytes. */
const bytesPerActor = 1_500;
const bytesPerChart = 4_000;

/** The error for a message of an app that is invalid or too large; the connection is closed with its message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const textOf = (value: unknown, field: string): string => {
  if (typeof value === 'string' && value !== '' && value.length <= 500) return value;
  throw new WireError(`${field} must be a string of at most 500 characters`);
};

/** An event, cut to a bounded size, and what it takes in memory. */
function eventOf(value: unknown): { readonly event: SeenEvent; readonly bytes: number } {
  if (typeof fieldsOf(value)?.type !== 'string') throw new WireError('event.type must be a string');
  const { value: event, bytes } = boundedCopy(value);
  return { event: event as SeenEvent, bytes };
}

/** What a source needs of the server that it is shown by. */
export interface WireHost {
  readonly budget: MemoryBudget;
  /** The app has introduced an actor without a parent. */
  onRoot?(name: string): void;
  /** The app must not go on. */
  onTooMuch(why: string): void;
}

/** A remote XState v5 app that uses the WebSocket protocol of `@statelyai/inspect`. */
export class WireSource implements Source {
  readonly key: string;
  readonly #ledger: Ledger;
  readonly #host: WireHost;
  readonly #actors = new Map<string, KnownActor>();
  /** The states with timers of the app's charts, by the name of the chart. */
  readonly #timed = new Map<string, Fields>();
  /** The names of its actors without a parent. */
  readonly roots = new Set<string>();

  constructor(key: string, ledger: Ledger, host: WireHost) {
    this.key = key;
    this.#ledger = ledger;
    this.#host = host;
  }

  /** @throws WireError for an invalid message. */
  receive(text: string): void {
    if (costOfParsing(text) > maxReadBytes)
      throw new WireError(`the message takes more than ${maxReadBytes} bytes`);
    let message: Fields | undefined;
    try {
      message = fieldsOf(JSON.parse(text));
    } catch {
      throw new WireError('the message must be JSON');
    }
    if (message === undefined) throw new WireError('the message must be an object');
    switch (message.type) {
      case '@xstate.actor':
        this.#addActor(message);
        return;
      case '@xstate.event': {
        const from = message.sourceId === undefined ? null : this.#idOf(textOf(message.sourceId, 'sourceId'));
        const { event, bytes } = eventOf(message.event);
        this.#ledger.addEvent(this.#actorOf(message), from, event, bytes);
        return;
      }
      case '@xstate.snapshot':
        this.#addSnapshot(this.#actorOf(message), message);
        return;
      // Unknown messages are ignored, because a later version of the protocol may add some.
      default:
        textOf(message.type, 'type');
    }
  }

  /** The app has disconnected: its actors stay as they were, and are shown as gone. */
  leave(now = Date.now()): void {
    for (const actor of this.#actors.values()) {
      actor.goneAt = now;
      actor.timers = [];
      this.#ledger.touch(actor);
    }
  }

  /** The app and its actors are no longer shown. */
  close(): void {
    for (const actor of [...this.#actors.values()]) this.#ledger.remove(actor);
    this.#actors.clear();
    for (const id of this.#timed.keys()) this.#ledger.charts.release(id);
    this.#timed.clear();
    this.#host.budget.release(this);
  }

  onTooMuch(why: string): void {
    this.#host.onTooMuch(why);
  }

  /** Forgets an ended actor, so that only the actors present at once are limited. */
  forget(actor: KnownActor): void {
    if (this.#actors.delete(actor.id.slice(this.key.length + 1))) this.#hold(-actor.bytes - bytesPerActor);
  }

  showEvent(event: unknown): unknown {
    return plainValue(event);
  }

  showSnapshot(snapshot: SeenSnapshot, { name }: KnownActor): unknown {
    return showSnapshot(snapshot, name, plainValue);
  }

  #idOf(sessionId: string): string {
    return `${this.key}/${sessionId}`;
  }

  /** Returns a known actor, or adds one that was not introduced because the viewer connected late. */
  #actorOf(message: Fields): KnownActor {
    const sessionId = textOf(message.sessionId, 'sessionId');
    return this.#actors.get(sessionId) ?? this.#meet(sessionId, sessionId, null, undefined, '');
  }

  #addActor(message: Fields): void {
    const sessionId = textOf(message.sessionId, 'sessionId');
    const name = textOf(message.name, 'name');
    const parent = message.parentId === undefined ? null : this.#idOf(textOf(message.parentId, 'parentId'));
    const definition = typeof message.definition === 'string' ? message.definition : '';
    if (costOfParsing(definition) > maxReadBytes) throw new WireError('definition is too large');
    let config: unknown;
    try {
      config = definition === '' ? undefined : JSON.parse(definition);
    } catch {
      throw new WireError('definition must be JSON');
    }
    const earlier = this.#actors.get(sessionId);
    const actor = this.#meet(sessionId, name, parent, config, definition);
    if (parent === null) {
      this.roots.add(name);
      this.#host.onRoot?.(name);
    }
    if (earlier !== undefined) {
      actor.outcomes = earlier.outcomes;
      actor.calls = earlier.calls;
      actor.bytes = earlier.bytes;
      actor.pending.push(...earlier.pending);
    }
    const snapshot = fieldsOf(message.snapshot);
    if (snapshot !== undefined) this.#become(actor, boundedCopy(snapshot));
    else if (earlier?.snapshot !== undefined)
      this.#become(actor, { value: earlier.snapshot, bytes: actor.bytes });
    this.#ledger.touch(actor);
  }

  #meet(
    sessionId: string,
    name: string,
    parent: string | null,
    config: unknown,
    definition: string,
  ): KnownActor {
    const isNew = !this.#actors.has(sessionId);
    if (isNew && this.#actors.size >= maxActors) throw new WireError(`more than ${maxActors} actors`);
    const isMachine = fieldsOf(fieldsOf(config)?.states) !== undefined;
    const actor = new KnownActor({
      id: this.#idOf(sessionId),
      name,
      parent,
      kind: isMachine ? kindOf(config) : 'other',
      chart: isMachine ? this.#chartOf(definition, config) : null,
      source: this,
    });
    this.#actors.set(sessionId, actor);
    this.#ledger.add(actor);
    if (isNew) this.#hold(bytesPerActor);
    return actor;
  }

  /** The chart with a definition. The app holds it once, however many of its actors follow it. */
  #chartOf(definition: string, config: unknown): string | null {
    const id = this.#ledger.charts.idOf(definition);
    if (id === null) return null;
    if (this.#timed.has(id)) {
      this.#ledger.charts.release(id);
      return id;
    }
    this.#timed.set(id, timedStates(config));
    this.#hold(definition.length * 2 + bytesPerChart);
    return id;
  }

  #addSnapshot(actor: KnownActor, message: Fields): void {
    const sent = fieldsOf(message.snapshot);
    if (sent === undefined) throw new WireError('snapshot must be an object');
    const { event } = eventOf(message.event);
    const { value, bytes } = boundedCopy(sent);
    const snapshot = value as SeenSnapshot;
    actor.timers = this.#timersOf(actor, actor.snapshot, snapshot);
    // The event keeps the snapshot before it as well.
    const inEvent = bytes + actor.bytes;
    this.#count(actor, bytes);
    this.#ledger.addSnapshot(actor, event, snapshot, inEvent);
  }

  #become(actor: KnownActor, { value, bytes }: Sized): void {
    const snapshot = value as SeenSnapshot;
    actor.timers = this.#timersOf(actor, undefined, snapshot);
    actor.become(snapshot);
    this.#count(actor, bytes);
  }

  #timersOf(actor: KnownActor, before: SeenSnapshot | undefined, after: SeenSnapshot): readonly TimerNews[] {
    const timed = actor.chart === null ? undefined : this.#timed.get(actor.chart);
    return timersOf(timed, actor, before, after, Date.now());
  }

  /** Records the size of an actor's last snapshot, so that an app cannot fill the memory. */
  #count(actor: KnownActor, bytes: number): void {
    const more = bytes - actor.bytes;
    actor.bytes = bytes;
    this.#hold(more);
  }

  #hold(bytes: number): void {
    this.#host.budget.change(this, bytes);
  }
}
