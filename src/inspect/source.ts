import type { KnownActor, SeenSnapshot } from './known-actor.ts';
import type { FactsNews } from './protocol.ts';

/** A source of actors: a registry in this process, or a remote app. */
export interface Source {
  /** The prefix of its actors' ids, so that those of two apps differ. */
  readonly key: string;
  /** Updates what no event of its actors reports: their timers. */
  refresh?(actors: readonly KnownActor[]): void;
  /** What is known about a circuit's tool beyond its events. Default: what its calls say. */
  factsOf?(actor: KnownActor): Partial<FactsNews>;
  /** One of its actors is no longer shown. */
  forget?(actor: KnownActor): void;
  /** Words of an error, sanitised. Default: as they are. */
  showWords?(words: string, actor: KnownActor): string;
  /** An event as plain JSON, sanitised. */
  showEvent(event: unknown, actor: KnownActor): unknown;
  /** A snapshot as plain JSON, sanitised. */
  showSnapshot(snapshot: SeenSnapshot, actor: KnownActor): unknown;
  /** Sends an event to one of its actors; left out if the source cannot. */
  send?(actor: KnownActor, event: { readonly type: string }): void;
}
