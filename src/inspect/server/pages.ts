import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { errorCategoryNames } from 'toolfuse/machines';
import type { WebSocket } from 'ws';
import { version } from '../../../package.json';
import type { KnownActor } from '../known-actor.ts';
import type { Ledger } from '../ledger.ts';
import type { ProcessNews } from '../protocol.ts';
import type { Source } from '../source.ts';
import { toolFacts } from '../tool-facts.ts';
import { PageLink } from './page-link.ts';
import { type PageListener, type PageSocket, streamPage, webSocketPage } from './page-socket.ts';

/** The shortest interval between two updates of the pages, in ms. */
const flushMs = 100;
/** After half of the events that are kept, and at least so many, the next update is due at once. */
const urgentEvents = 500;
/** How often the figures of tools are computed, in ms. */
const factsMs = 1_000;
/** A page with more unread answers than this is disconnected, in bytes. */
const maxUnreadBytes = 16 * 2 ** 20;
/** How long a page may leave a ping unanswered before it counts as dead, in ms. */
const aliveMs = 20_000;

export interface PagesOptions {
  readonly controls: boolean;
  readonly history: number;
  /** What is inspected, for the title. */
  readonly name?: string | undefined;
}

/** All connected pages. Without pages, only the ledger is updated. */
export class Pages {
  readonly #ledger: Ledger;
  readonly #options: PagesOptions;
  readonly #session = randomUUID();
  readonly #startedAt = Date.now() - Math.round(process.uptime() * 1_000);
  readonly #links = new Map<PageSocket, PageLink>();
  /** The address for apps to connect to. */
  appUrl = '';
  #processes: readonly ProcessNews[] = [];
  readonly #urgentEvents: number;
  #flushTimer: NodeJS.Timeout | undefined;
  #isUrgent = false;
  /** The number of the next event at the last update. */
  #flushedSeq = 0;
  #aliveTimer: NodeJS.Timeout | undefined;
  #factsTimer: NodeJS.Timeout | undefined;
  /** The version at which the timers were last read, and the figures last computed. */
  #refreshedAt = -1;
  #measuredAt = -1;

  constructor(ledger: Ledger, options: PagesOptions) {
    this.#ledger = ledger;
    this.#options = options;
    this.#urgentEvents = Math.max(urgentEvents, options.history / 2);
    ledger.onChange = () => {
      if (this.#links.size === 0) return;
      if (this.#flushTimer === undefined) this.#flushLater();
      else if (!this.#isUrgent && ledger.events.next - this.#flushedSeq >= this.#urgentEvents) {
        // Soon more would have come than are kept, and the pages would miss some.
        this.#isUrgent = true;
        clearTimeout(this.#flushTimer);
        this.#flushLater(0);
      }
    };
  }

  get count(): number {
    return this.#links.size;
  }

  add(socket: WebSocket): void {
    this.#add((listener) => webSocketPage(socket, listener));
  }

  /** Adds a page behind a stream. */
  addStream(stream: Duplex): void {
    this.#add((listener) => streamPage(stream, listener));
  }

  /** Tells the pages which processes they can connect to. */
  setProcesses(processes: readonly ProcessNews[]): void {
    this.#processes = processes;
    for (const link of this.#links.values()) link.send({ type: 'processes', processes });
  }

  close(): void {
    clearTimeout(this.#flushTimer);
    this.#rest();
    for (const socket of this.#links.keys()) socket.terminate();
    this.#links.clear();
    this.#ledger.onChange = () => {};
  }

  #add(connect: (listener: PageListener) => PageSocket): void {
    const socket: PageSocket = connect({
      onText: (text) => {
        if (socket.unsentBytes > maxUnreadBytes) return socket.terminate();
        try {
          link.receive(text);
        } catch {
          socket.refuse();
        }
      },
      onAlive: () => {
        link.isAlive = true;
      },
      onClose: () => this.#remove(socket),
    });
    const { controls, history, name = null } = this.#options;
    const link = new PageLink(socket, this.#ledger, controls);
    this.#links.set(socket, link);
    link.send({
      type: 'hello',
      version,
      session: this.#session,
      now: Date.now(),
      controls,
      categories: errorCategoryNames,
      history,
      appUrl: this.appUrl,
      name,
      process: { pid: process.pid, startedAt: this.#startedAt },
    });
    if (this.#processes.length > 0) link.send({ type: 'processes', processes: this.#processes });
    this.#aliveTimer ??= setInterval(() => this.#askWhoIsAlive(), aliveMs).unref();
    this.#factsTimer ??= setInterval(() => this.#measure(), factsMs).unref();
    this.#measure();
    this.#flush();
  }

  #remove(socket: PageSocket): void {
    this.#links.delete(socket);
    if (this.#links.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#aliveTimer);
    clearInterval(this.#factsTimer);
    this.#aliveTimer = undefined;
    this.#factsTimer = undefined;
  }

  /** Computes the figures of the tools that were called since the last time, or whose calls leave the period meanwhile. */
  #measure(): void {
    const now = Date.now();
    const { actors, version: versionNow } = this.#ledger;
    for (const actor of actors.values()) {
      if (actor.kind !== 'circuit') continue;
      const { facts } = actor;
      if (facts === undefined || facts.perMinute > 0 || actor.version > this.#measuredAt) {
        this.#ledger.setFacts(actor, toolFacts(actor, now));
      }
    }
    this.#measuredAt = versionNow;
  }

  #flushLater(ms = flushMs): void {
    this.#flushTimer = setTimeout(() => this.#flush(), ms).unref();
  }

  #flush(): void {
    // A new page gets everything at once, including changes that were scheduled for later.
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#isUrgent = false;
    this.#flushedSeq = this.#ledger.events.next;
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
