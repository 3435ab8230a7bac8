/** What the inspector's server and its page say to each other: one JSON object a WebSocket frame. */

/** The subprotocol of a page. What connects without it is an app that speaks the protocol of `@statelyai/inspect`. */
export const pageProtocol = 'toolfuse.page.1';

/** Browsers let a page set no header: the token is told as a subprotocol of its own. */
export const tokenPrefix = 'token.';

export type ActorKind = 'registry' | 'circuit' | 'machine' | 'other';

/** Something that will happen by itself. */
export interface TimerNews {
  readonly event: string;
  /** When it is due, in ms of the server's time of day. */
  readonly dueAt: number;
  readonly delayMs: number;
}

/** What a circuit or a registry knows beyond its state; null where it is neither. */
export interface ToolNews {
  readonly failures: number;
  readonly threshold: number;
  readonly opens: number;
  readonly denials: number;
  readonly lastError: string | null;
  /** The last outcomes, one letter each, the oldest first: see `outcomes.ts`. */
  readonly outcomes: string;
}

/** Why the registry is paused, and what is open. */
export interface PauseNews {
  /** Null while it is not paused. */
  readonly reason: string | null;
  readonly openCount: number;
  readonly maxOpen: number;
}

/** One actor, as the page shows it. */
export interface ActorNews {
  readonly id: string;
  readonly name: string;
  /** The actor that it is a child of; null for a root. */
  readonly parent: string | null;
  readonly kind: ActorKind;
  /** Which of the charts it follows; null where it is no machine. */
  readonly chart: string | null;
  /** Its state in words: `open`, `playing.fast`. */
  readonly state: string;
  /** The same as XState has it. */
  readonly value: unknown;
  readonly status: string;
  readonly timers: readonly TimerNews[];
  readonly tool: ToolNews | null;
  readonly pause: PauseNews | null;
  /** Whether the page's controls reach it. */
  readonly isControlled: boolean;
}

/** A transition that was taken: the one of so many that a state has on an event, in the order of its definition. */
export interface TakenNews {
  /** The state that it is a transition of, by its path; empty for the root. A dot in a key is `\\.`. */
  readonly source: string;
  /** The type that it is defined for; empty for one that needs no event. */
  readonly event: string;
  readonly index: number;
}

/** One event, in short. */
export interface EventNews {
  readonly seq: number;
  /** The server's time of day, in ms. */
  readonly at: number;
  /** Who sent it; null for the world outside. The actor itself for a timer. */
  readonly from: string | null;
  readonly to: string;
  readonly type: string;
  /** A failure's category. */
  readonly category: string | null;
  /** The states before and after it; null where they are not known. */
  readonly before: string | null;
  readonly after: string | null;
  /** The transitions that it made its actor take; null where they are not known, as of an app on the wire. */
  readonly taken: readonly TakenNews[] | null;
}

/** One event in full. The values are plain JSON, cut where they are long. */
export interface EventDetails extends EventNews {
  readonly event: unknown;
  readonly snapshotBefore: unknown;
  readonly snapshotAfter: unknown;
}

export type ServerMessage =
  | {
      readonly type: 'hello';
      readonly version: string;
      /** Another one after a restart: what the page knows is of another server. */
      readonly session: string;
      readonly now: number;
      readonly controls: boolean;
      /** What a failure that is sent from the page can be of. */
      readonly categories: readonly string[];
      /** How many events are kept. */
      readonly history: number;
      /** Where apps connect. */
      readonly appUrl: string;
    }
  | { readonly type: 'chart'; readonly id: string; readonly definition: string }
  | {
      readonly type: 'actors';
      readonly now: number;
      readonly actors: readonly ActorNews[];
      readonly gone: readonly string[];
      /** Whether this is all there is, so that the page forgets what is not in it. */
      readonly isAll: boolean;
    }
  /** `skipped` counts what the page was too slow for, since it connected. */
  | { readonly type: 'events'; readonly events: readonly EventNews[]; readonly skipped: number }
  | { readonly type: 'details'; readonly request: number; readonly details: readonly EventDetails[] }
  | { readonly type: 'snapshot'; readonly request: number; readonly snapshot: unknown }
  /** What became of an event that the page sent; null: it was sent. */
  | { readonly type: 'told'; readonly request: number; readonly error: string | null };

export type PageMessage =
  | { readonly type: 'details'; readonly request: number; readonly seqs: readonly number[] }
  | { readonly type: 'snapshot'; readonly request: number; readonly actor: string }
  | {
      readonly type: 'send';
      readonly request: number;
      readonly actor: string;
      readonly event: { readonly type: string; readonly category?: string };
    };

/** How many events a page may ask for at once. */
export const detailsAtOnce = 100;
