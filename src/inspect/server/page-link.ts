import type { WebSocket } from 'ws';
import { actorNews } from '../actor-news.ts';
import { eventDetails, eventNews } from '../event-record.ts';
import type { KnownActor } from '../known-actor.ts';
import type { Ledger } from '../ledger.ts';
import { detailsAtOnce, type EventNews, type PageMessage, type ServerMessage } from '../protocol.ts';
import { controlEvent } from './controls.ts';
import { readPageMessage } from './page-message.ts';

/** Past so many bytes that the page has not taken, it is told nothing until it has. */
const mostUnsentBytes = 2 * 2 ** 20;
/** Events in one message, and actors. */
const eventsAtOnce = 500;
const actorsAtOnce = 500;
/** Events at one flush, and so 20 000 a second. */
const eventsAFlush = 2_000;
/** An event is held back so long for the snapshot that follows it, in ms. */
const patienceMs = 250;

/**
 * One page that looks on. It keeps no queue: it remembers how far the page has been told, and tells it the rest when the
 * page has taken what was sent. A page that is slow is told less often; what fell out of the ring meanwhile is skipped.
 */
export class PageLink {
  readonly #socket: WebSocket;
  readonly #ledger: Ledger;
  readonly #controls: boolean;
  #version = -1;
  #seq: number;
  #skipped = 0;
  #charts = 0;
  /** Whether it has answered since it was last asked. */
  isAlive = true;

  constructor(socket: WebSocket, ledger: Ledger, controls: boolean) {
    this.#socket = socket;
    this.#ledger = ledger;
    this.#controls = controls;
    this.#seq = ledger.events.first;
  }

  /** Whether there is something that the page does not know. */
  get isBehind(): boolean {
    return this.#version < this.#ledger.version || this.#seq < this.#ledger.events.next;
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Tells the page what has changed, if it keeps up. */
  flush(now: number): void {
    if (this.#socket.bufferedAmount > mostUnsentBytes) return;
    for (; this.#charts < this.#ledger.charts.all.length; this.#charts += 1) {
      const chart = this.#ledger.charts.all[this.#charts];
      if (chart !== undefined) this.send({ type: 'chart', ...chart });
    }
    this.#sendActors(now);
    this.#sendEvents(now);
  }

  #sendActors(now: number): void {
    const { version, gone, goneSince, actors } = this.#ledger;
    if (this.#version >= version) return;
    const isAll = this.#version < goneSince || this.#version === -1;
    const changed = [...actors.values()].filter((actor) => isAll || actor.version > this.#version);
    const left = isAll ? [] : gone.filter((each) => each.version > this.#version).map(({ id }) => id);
    this.#version = version;
    let isFirst = true;
    for (const some of inParts(changed, actorsAtOnce)) {
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
    // What has fallen out of the ring meanwhile is skipped.
    const from = Math.max(this.#seq, events.first);
    const end = Math.min(events.next, from + eventsAFlush);
    const news: EventNews[] = [];
    let seq = from;
    for (; seq < end; seq += 1) {
      const record = events.get(seq);
      if (record === undefined) continue;
      if (record.after === undefined && now - record.at < patienceMs) break;
      news.push(eventNews(record));
    }
    this.#skipped += from - this.#seq;
    this.#seq = seq;
    for (const some of inParts(news, eventsAtOnce)) {
      if (some.length > 0) this.send({ type: 'events', events: some, skipped: this.#skipped });
    }
  }

  /** @throws Error for what is no message of a page. */
  receive(text: string): void {
    const message = readPageMessage(text);
    switch (message.type) {
      case 'details': {
        const details = message.seqs.slice(0, detailsAtOnce).flatMap((seq) => {
          const record = this.#ledger.events.get(seq);
          return record === undefined ? [] : eventDetails(record);
        });
        this.send({ type: 'details', request: message.request, details });
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

  /** Sends an event that the page asks for. Null, or why it was not sent. */
  #tell({ actor: id, event }: PageMessage & { type: 'send' }): string | null {
    if (!this.#controls) return 'Controls are off: the inspector was started without controls: true.';
    const actor: KnownActor | undefined = this.#ledger.actors.get(id);
    if (actor === undefined) return 'It is not there any more.';
    const { source } = actor;
    if (source.send === undefined) return 'An app on the wire can be watched, but takes no events.';
    try {
      source.send(actor, controlEvent(actor.kind, event));
      return null;
    } catch (error) {
      return error instanceof Error ? error.message.slice(0, 300) : 'It was refused.';
    }
  }
}

/** At least one part, if need be an empty one. */
function* inParts<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  let from = 0;
  do {
    yield items.slice(from, from + size);
    from += size;
  } while (from < items.length);
}
