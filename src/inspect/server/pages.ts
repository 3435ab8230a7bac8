import { randomUUID } from 'node:crypto';
import { errorCategoryNames } from 'toolfuse/machines';
import type { WebSocket } from 'ws';
import { version } from '../../../package.json';
import type { KnownActor } from '../known-actor.ts';
import type { Ledger } from '../ledger.ts';
import type { Source } from '../source.ts';
import { PageLink } from './page-link.ts';

/** The shortest interval between two updates of the pages, in ms. */
const flushMs = 100;
/** A page with more unread answers than this is disconnected, in bytes. */
const maxUnreadBytes = 16 * 2 ** 20;
/** How long a page may leave a ping unanswered before it counts as dead, in ms. */
const aliveMs = 20_000;

/** All connected pages. Without pages, only the ledger is updated. */
export class Pages {
  readonly #ledger: Ledger;
  readonly #controls: boolean;
  readonly #history: number;
  readonly #session = randomUUID();
  readonly #links = new Map<WebSocket, PageLink>();
  /** The address for apps to connect to. */
  appUrl = '';
  #flushTimer: NodeJS.Timeout | undefined;
  #aliveTimer: NodeJS.Timeout | undefined;
  /** The version at which the timers were last read. */
  #refreshedAt = -1;

  constructor(ledger: Ledger, controls: boolean, history: number) {
    this.#ledger = ledger;
    this.#controls = controls;
    this.#history = history;
    ledger.onChange = () => {
      if (this.#flushTimer === undefined && this.#links.size > 0) this.#flushLater();
    };
  }

  get count(): number {
    return this.#links.size;
  }

  add(socket: WebSocket): void {
    const link = new PageLink(socket, this.#ledger, this.#controls);
    this.#links.set(socket, link);
    socket.on('message', (data, isBinary) => {
      if (socket.bufferedAmount > maxUnreadBytes) return socket.terminate();
      try {
        if (isBinary) throw new Error('the message must be text');
        link.receive(String(data));
      } catch {
        socket.close(1007, 'not a message of a page');
      }
    });
    socket.on('pong', () => {
      link.isAlive = true;
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#remove(socket));
    link.send({
      type: 'hello',
      version,
      session: this.#session,
      now: Date.now(),
      controls: this.#controls,
      categories: errorCategoryNames,
      history: this.#history,
      appUrl: this.appUrl,
    });
    this.#aliveTimer ??= setInterval(() => this.#askWhoIsAlive(), aliveMs).unref();
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#flushTimer);
    clearInterval(this.#aliveTimer);
    for (const socket of this.#links.keys()) socket.terminate();
    this.#links.clear();
    this.#ledger.onChange = () => {};
  }

  #remove(socket: WebSocket): void {
    this.#links.delete(socket);
    if (this.#links.size > 0) return;
    clearInterval(this.#aliveTimer);
    this.#aliveTimer = undefined;
  }

  #flushLater(): void {
    this.#flushTimer = setTimeout(() => this.#flush(), flushMs).unref();
  }

  #flush(): void {
    // A new page gets everything at once, including changes that were scheduled for later.
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#links.size === 0) return;
    this.#refresh();
    const now = Date.now();
    for (const link of this.#links.values()) link.flush(now);
    if ([...this.#links.values()].some((link) => link.isBehind)) this.#flushLater();
  }

  /** Lets each source update those of its actors that have changed. */
  #refresh(): void {
    const changed = new Map<Source, KnownActor[]>();
    for (const actor of this.#ledger.actors.values()) {
      if (actor.version <= this.#refreshedAt || actor.source.refresh === undefined) continue;
      const others = changed.get(actor.source);
      if (others === undefined) changed.set(actor.source, [actor]);
      else others.push(actor);
    }
    this.#refreshedAt = this.#ledger.version;
    for (const [source, actors] of changed) source.refresh?.(actors);
  }

  #askWhoIsAlive(): void {
    for (const [socket, link] of this.#links) {
      if (!link.isAlive) socket.terminate();
      link.isAlive = false;
      socket.ping();
    }
  }
}
