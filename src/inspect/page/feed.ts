import { signal } from '@preact/signals';
import type { ActorNews, EventNews, ServerMessage } from '../protocol.ts';
import { Link } from './link.ts';
import { tokenInAddress } from './route.ts';

export type Hello = Extract<ServerMessage, { type: 'hello' }>;

/**
 * `outside`: this page has never been connected, whether or not a server is running. `replaced`: another inspector with
 * another key is running now. `ended`: a process that the page was connected to is gone.
 */
export type Connection = 'connecting' | 'live' | 'lost' | 'outside' | 'replaced' | 'ended';

/** One actor, and the feed that told of it. */
export interface Actor extends ActorNews {
  readonly feed: Feed;
}

/** One event; its number is the page's own, so that those of several feeds differ. */
export interface SeenEvent extends EventNews {
  readonly feed: Feed;
  /** Its number in its own process. */
  readonly theirs: number;
}

/** What a feed tells the page. */
export interface FeedListener {
  onMessage(feed: Feed, message: ServerMessage): void;
  onConnection(feed: Feed): void;
}

const own = '';

/** The connection to one process: that of the inspector, or another one that it passes on. */
export class Feed {
  /** What tells it from others; empty for the process of the inspector. */
  readonly id: string;
  readonly link: Link;
  readonly connection = signal<Connection>('connecting');
  readonly hello = signal<Hello | undefined>(undefined);
  /** What it is called until it has said so itself. */
  readonly listedName: string | null;
  /** The number of the last event that it told of. */
  lastSeq = 0;
  skipped = 0;

  constructor(id: string, listedName: string | null, listener: FeedListener) {
    this.id = id;
    this.listedName = listedName;
    const path = id === own ? '/' : `/?process=${encodeURIComponent(id)}`;
    this.link = new Link(tokenInAddress(), path, {
      onMessage: (message) => listener.onMessage(this, message),
      onOpen: () => {
        this.connection.value = 'live';
        listener.onConnection(this);
      },
      onClose: (hasBeenOpen) => {
        if (this.connection.value === 'ended') return;
        this.connection.value = this.hello.value === undefined ? 'outside' : 'lost';
        if (!hasBeenOpen && this.hello.value !== undefined && this.isOwn) void this.#findOutWhoIsThere();
        listener.onConnection(this);
      },
    });
  }

  get isOwn(): boolean {
    return this.id === own;
  }

  get name(): string | null {
    return this.hello.value?.name ?? this.listedName;
  }

  /** The page's id of something that has another one in its process. */
  here(id: string): string {
    return this.isOwn ? id : `${this.id}:${id}`;
  }

  /** The id in its own process of something that has this one on the page. */
  there(id: string): string {
    return this.isOwn ? id : id.slice(this.id.length + 1);
  }

  /** Its process has ended: what it told stays, and is shown as gone. */
  end(): void {
    this.connection.value = 'ended';
    this.link.stop();
  }

  /** Detects a replaced server: one that serves its icon but rejects this page's key. */
  async #findOutWhoIsThere(): Promise<void> {
    const isThere = await fetch('icon.svg').then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere && this.connection.value === 'lost') this.connection.value = 'replaced';
  }
}
