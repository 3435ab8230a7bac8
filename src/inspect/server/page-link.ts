import { actorNews } from '../actor-news.ts';
import { eventDetails, eventNews } from '../event-record.ts';
import type { KnownActor } from '../known-actor.ts';
import { laneOf } from '../lanes.ts';
import type { Ledger } from '../ledger.ts';
import {
  type EventNews,
  type FactsNews,
  maxDetailsPerRequest,
  type PageMessage,
  type ServerMessage,
} from '../protocol.ts';
import { controlEvent } from './controls.ts';
import { readPageMessage } from './page-message.ts';
import type { PageSocket } from './page-socket.ts';

/** While more bytes than this are unsent, the page gets no further messages. */
const maxUnsentBytes = 2 * 2 ** 20;
/** The largest numbers of events and of actors in one message. */
const maxEventsPerMessage = 500;
const maxActorsPerMessage = 500;
/** The largest number of events per flush, which makes 20 000 a second. */
const maxEventsPerFlush = 2_000;
/** How long an event is held back for the snapshot that follows it, in ms. */
const maxHoldMs = 250;

/**
 * The connection of one page. It has no queue: it remembers how much the page has received, and sends the rest when the page
 * has taken that. A slow page gets messages less often, and events that left the ring meanwhile are skipped.
 */
export class PageLink {
  readonly #socket: PageSocket;
  readonly #ledger: Ledger;
  readonly #controls: boolean;
  #version = -1;
  #factsVersion = -1;
  #seq: number;
  #skipped = 0;
  #charts = 0;
  /** Whether the page has answered since the last ping. */
  isAlive = true;

  constructor(socket: PageSocket, ledger: Ledger, controls: boolean) {
    this.#socket = socket;
    this.#ledger = ledger;
    this.#controls = controls;
    this.#seq = ledger.events.first;
  }

  /** Whether the page has not received everything yet. */
  get isBehind(): boolean {
    return (
      this.#version < this.#ledger.version ||
      this.#factsVersion < this.#ledger.version ||
      this.#seq < this.#ledger.events.next
    );
  }

  send(message: ServerMessage): void {
    if (this.#socket.isOpen) this.#socket.send(JSON.stringify(message));
  }

  /** Sends the page all changes, if it keeps up. */
  flush(now: number): void {
    if (this.#socket.unsentBytes > maxUnsentBytes) return;
    const { charts } = this.#ledger;
    if (this.#charts < charts.latest) {
      for (const chart of charts.since(this.#charts)) this.send({ type: 'chart', ...chart });
      this.#charts = charts.latest;
    }
    this.#sendActors(now);
    this.#sendFacts();
    this.#sendEvents(now);
  }

  #sendFacts(): void {
    const { version, actors } = this.#ledger;
    if (this.#factsVersion >= version) return;
    const facts: (readonly [string, FactsNews])[] = [];
    for (const actor of actors.values()) {
      if (actor.facts !== undefined && actor.factsVersion > this.#factsVersion)
        facts.push([actor.id, actor.facts]);
    }
    this.#factsVersion = version;
    for (const some of inParts(facts, maxActorsPerMessage)) {
      if (some.length > 0) this.send({ type: 'facts', facts: some });
    }
  }

  #sendActors(now: number): void {
    const { version, gone, goneSince, actors } = this.#ledger;
    if (this.#version >= version) return;
    const isAll = this.#version < goneSince || this.#version === -1;
    const changed = [...actors.values()].filter((actor) => isAll || actor.version > this.#version);
    const left = isAll ? [] : gone.filter((each) => each.version > this.#version).map(({ id }) => id);
    this.#version = version;
    if (!isAll && changed.length + left.length === 0) return;
    let isFirst = true;
    for (const some of inParts(changed, maxActorsPerMessage)) {
      this.send({
        type: 'actors',
        now,
        actors: some.map((actor) => actorNews(actor, this.#controls)),
        gone: isFirst ? left : [],
        isAll: isAll && isFirst,
      });
      isFirst = false;
    }
  }

  #sendEvents(now: number): void {
    const { events } = this.#ledger;
    // Events that have left the ring meanwhile are skipped.
    const from = Math.max(this.#seq, events.first);
    const end = Math.min(events.next, from + maxEventsPerFlush);
    const news: EventNews[] = [];
    let seq = from;
    for (; seq < end; seq += 1) {
      const record = events.get(seq);
      if (record === undefined) continue;
      if (record.after === undefined && now - record.at < maxHoldMs) break;
      news.push(eventNews(record));
    }
    this.#skipped += from - this.#seq;
    this.#seq = seq;
    for (const some of inParts(news, maxEventsPerMessage)) {
      if (some.length > 0) this.send({ type: 'events', events: some, skipped: this.#skipped });
    }
  }

  /** @throws Error for an invalid message. */
  receive(text: string): void {
    const message = readPageMessage(text);
    switch (message.type) {
      case 'details': {
        const details = message.seqs.slice(0, maxDetailsPerRequest).flatMap((seq) => {
          const record = this.#ledger.events.get(seq);
          return record === undefined ? [] : eventDetails(record);
        });
        this.send({ type: 'details', request: message.request, details });
        return;
      }
      case 'lanes': {
        const now = Date.now();
        const lanes = message.actors.flatMap((id) => {
          const actor = this.#ledger.actors.get(id);
          return actor === undefined ? [] : laneOf(actor, message, now);
        });
        this.send({ type: 'lanes', request: message.request, now, lanes });
        return;
      }
      case 'snapshot': {
        const actor = this.#ledger.actors.get(message.actor);
        const snapshot = actor?.snapshot && actor.source.showSnapshot(actor.snapshot, actor);
        this.send({ type: 'snapshot', request: message.request, snapshot: snapshot ?? null });
        return;
      }
      case 'send':
        this.send({ type: 'told', request: message.request, error: this.#tell(message) });
    }
  }

  /** Sends an event that the page requests. @returns Null, or why it was not sent. */
  #tell({ actor: id, event }: PageMessage & { type: 'send' }): string | null {
    if (!this.#controls) return 'Controls are off: the inspector was started without controls: true.';
    const actor: KnownActor | undefined = this.#ledger.actors.get(id);
    if (actor === undefined) return 'It no longer exists.';
    const { source } = actor;
    if (source.send === undefined) return 'A remote app can be watched, but accepts no events.';
    try {
      source.send(actor, controlEvent(actor.kind, event));
      return null;
    } catch (error) {
      return error instanceof Error ? error.message.slice(0, 300) : 'It was refused.';
    }
  }
}

/** Splits a list into parts; an empty list has one empty part. */
function* inParts<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  let from = 0;
  do {
    yield items.slice(from, from + size);
    from += size;
  } while (from < items.length);
}
