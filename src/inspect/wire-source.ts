import type { SeenEvent } from './event-record.ts';
import { KnownActor, kindOf, type SeenSnapshot } from './known-actor.ts';
import type { Ledger } from './ledger.ts';
import { plainValue } from './plain-value.ts';
import { showSnapshot } from './sanitize.ts';
import type { Source } from './source.ts';
import { timersOf } from './wire-timers.ts';

/** The largest number of actors of one app, and the largest total size of their snapshots in bytes. */
const maxActors = 10_000;
const maxBytes = 64 * 2 ** 20;

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

const eventOf = (value: unknown): SeenEvent => {
  const event = fieldsOf(value);
  if (typeof event?.type !== 'string') throw new WireError('event.type must be a string');
  return event as unknown as SeenEvent;
};

/** A remote XState v5 app that uses the WebSocket protocol of `@statelyai/inspect`. */
export class WireSource implements Source {
  readonly key: string;
  readonly #ledger: Ledger;
  readonly #actors = new Map<string, KnownActor>();
  readonly #configs = new WeakMap<KnownActor, unknown>();
  #bytes = 0;

  constructor(key: string, ledger: Ledger) {
    this.key = key;
    this.#ledger = ledger;
  }

  /** @throws WireError for an invalid message. */
  receive(text: string): void {
    let message: Fields | undefined;
    try {
      message = fieldsOf(JSON.parse(text));
    } catch {
      throw new WireError('the message must be JSON');
    }
    if (message === undefined) throw new WireError('the message must be an object');
    const bytes = text.length;
    switch (message.type) {
      case '@xstate.actor':
        this.#addActor(message, bytes);
        return;
      case '@xstate.event': {
        const from = message.sourceId === undefined ? null : this.#idOf(textOf(message.sourceId, 'sourceId'));
        this.#ledger.addEvent(this.#actorOf(message), from, eventOf(message.event), bytes);
        return;
      }
      case '@xstate.snapshot':
        this.#addSnapshot(this.#actorOf(message), message, bytes);
        return;
      // Unknown messages are ignored, because a later version of the protocol may add some.
      default:
        textOf(message.type, 'type');
    }
  }

  /** The app has disconnected, so its actors are removed. */
  close(): void {
    for (const actor of this.#actors.values()) this.#ledger.remove(actor);
    this.#actors.clear();
  }

  /** Forgets an ended actor, so that only the actors present at once are limited. */
  forget(actor: KnownActor): void {
    this.#bytes -= actor.bytes;
    this.#actors.delete(actor.id.slice(this.key.length + 1));
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

  #addActor(message: Fields, bytes: number): void {
    const sessionId = textOf(message.sessionId, 'sessionId');
    const parent = message.parentId === undefined ? null : this.#idOf(textOf(message.parentId, 'parentId'));
    const definition = typeof message.definition === 'string' ? message.definition : '';
    let config: unknown;
    try {
      config = definition === '' ? undefined : JSON.parse(definition);
    } catch {
      throw new WireError('definition must be JSON');
    }
    const earlier = this.#actors.get(sessionId);
    const actor = this.#meet(sessionId, textOf(message.name, 'name'), parent, config, definition);
    if (earlier !== undefined) {
      actor.outcomes = earlier.outcomes;
      actor.bytes = earlier.bytes;
      actor.pending.push(...earlier.pending);
    }
    const snapshot = fieldsOf(message.snapshot) ?? earlier?.snapshot;
    if (snapshot !== undefined) this.#become(actor, snapshot, bytes);
    this.#ledger.touch(actor);
  }

  #meet(
    sessionId: string,
    name: string,
    parent: string | null,
    config: unknown,
    definition: string,
  ): KnownActor {
    if (this.#actors.size >= maxActors && !this.#actors.has(sessionId)) {
      throw new WireError(`more than ${maxActors} actors`);
    }
    const isMachine = fieldsOf(fieldsOf(config)?.states) !== undefined;
    const actor = new KnownActor({
      id: this.#idOf(sessionId),
      name,
      parent,
      kind: isMachine ? kindOf(config) : 'other',
      chart: isMachine ? this.#ledger.charts.idOf(definition) : null,
      source: this,
    });
    this.#actors.set(sessionId, actor);
    this.#configs.set(actor, config);
    this.#ledger.add(actor);
    return actor;
  }

  #addSnapshot(actor: KnownActor, message: Fields, bytes: number): void {
    const snapshot = fieldsOf(message.snapshot);
    if (snapshot === undefined) throw new WireError('snapshot must be an object');
    const before = actor.snapshot;
    this.#count(actor, bytes);
    actor.timers = timersOf(this.#configs.get(actor), actor, before, snapshot, Date.now());
    this.#ledger.addSnapshot(actor, eventOf(message.event), snapshot, bytes);
  }

  #become(actor: KnownActor, snapshot: SeenSnapshot, bytes: number): void {
    this.#count(actor, bytes);
    actor.timers = timersOf(this.#configs.get(actor), actor, undefined, snapshot, Date.now());
    actor.become(snapshot);
  }

  /** Records the size of an actor's last snapshot, so that an app cannot fill the memory. */
  #count(actor: KnownActor, bytes: number): void {
    this.#bytes += bytes - actor.bytes;
    actor.bytes = bytes;
    if (this.#bytes > maxBytes) throw new WireError(`more than ${maxBytes} bytes of snapshots`);
  }
}
