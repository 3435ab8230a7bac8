import type { KnownActor, SeenSnapshot } from './known-actor.ts';

/** Where actors come from: a registry in this process, or an app on the wire. */
export interface Source {
  /** Begins the ids of its actors, so that those of two apps differ. */
  readonly key: string;
  /** Brings the timers of its actors up to date, where it does not tell them itself. */
  refreshTimers?(actors: readonly KnownActor[]): void;
  /** One of its actors is shown no more. */
  forget?(actor: KnownActor): void;
  /** An event as plain JSON, with what must not be shown taken out. */
  showEvent(event: unknown, actor: KnownActor): unknown;
  /** A snapshot as plain JSON, likewise. */
  showSnapshot(snapshot: SeenSnapshot, actor: KnownActor): unknown;
  /** Sends an event to one of its actors; a source without it cannot. */
  send?(actor: KnownActor, event: { readonly type: string }): void;
}
