/** The messages between the inspector's server and its page: one JSON object per WebSocket frame. */

/** The subprotocol of a page. A connection without it is an app that uses the protocol of `@statelyai/inspect`. */
export const pageProtocol = 'toolfuse.page.1';

/** The prefix of the subprotocol that carries the token, because a browser does not let a page set headers. */
export const tokenPrefix = 'token.';

export type ActorKind = 'registry' | 'circuit' | 'machine' | 'other';

/** A timer of an actor. */
export interface TimerNews {
  readonly event: string;
  /** When it is due, in ms of the server's wall clock. */
  readonly dueAt: number;
  readonly delayMs: number;
}

/** The data of a circuit beyond its state; null for other actors. */
export interface ToolNews {
  readonly failures: number;
  readonly threshold: number;
  readonly opens: number;
  readonly denials: number;
  readonly lastError: string | null;
  /** The last outcomes, one letter each, oldest first; see `outcomes.ts`. */
  readonly outcomes: string;
  /** The name of the circuit that the tool's last call depended on. */
  readonly upstream: string | null;
}

/** The pause of a registry, and its open circuits. */
export interface PauseNews {
  /** Null while it is not paused. */
  readonly reason: string | null;
  readonly openCount: number;
  readonly maxOpen: number;
}

/** One actor as the page shows it. */
export interface ActorNews {
  readonly id: string;
  readonly name: string;
  /** The id of its parent; null for a root. */
  readonly parent: string | null;
  readonly kind: ActorKind;
  /** The name of its chart; null if it is not a state machine. */
  readonly chart: string | null;
  /** Its state in words: `open`, `playing.fast`. */
  readonly state: string;
  /** Its state as XState's value. */
  readonly value: unknown;
  readonly status: string;
  readonly timers: readonly TimerNews[];
  readonly tool: ToolNews | null;
  readonly pause: PauseNews | null;
  /** Whether the page's controls can send it events. */
  readonly isControlled: boolean;
}

/** A transition that was taken, identified by its index among a state's transitions on one event. */
export interface TakenNews {
  /** The path of the state that defines it; empty for the root. A dot in a key is `\\.`. */ readonly source: string;
  /** The event type that it is defined for; empty if it needs no event. */
  readonly event: string;
  readonly index: number;
}

/** The summary of one event. */
export interface EventNews {
  readonly seq: number;
  /** The server's wall-clock time, in ms. */ readonly at: number;
  /** The sender's id; null for the outside world, and the actor itself for a timer. */
  readonly from: string | null;
  readonly to: string;
  readonly type: string;
  /** A failure's category. */
  readonly category: string | null;
  /** The states before and after it; null if unknown. */
  readonly before: string | null;
  readonly after: string | null;
  /** The transitions that its actor took; null if unknown, as for a remote app. */
  readonly taken: readonly TakenNews[] | null;
}

/** All details of one event. The values are plain JSON, shortened if they are long. */
export interface EventDetails extends EventNews {
  readonly event: unknown;
  readonly snapshotBefore: unknown;
  readonly snapshotAfter: unknown;
}

export type ServerMessage =
  | {
      readonly type: 'hello';
      readonly version: string;
      /** Changes with each start of the server, so that a page can tell that its data belongs to another one. */
      readonly session: string;
      readonly now: number;
      readonly controls: boolean;
      /** The categories for failures that are sent from the page. */
      readonly categories: readonly string[];
      /** How many events are kept. */
      readonly history: number;
      /** The address for apps to connect to. */
      readonly appUrl: string;
    }
  | { readonly type: 'chart'; readonly id: string; readonly definition: string }
  | {
      readonly type: 'actors';
      readonly now: number;
      readonly actors: readonly ActorNews[];
      readonly gone: readonly string[];
      /** Whether the list is complete, so that the page must forget all other actors. */
      readonly isAll: boolean;
    }
  /** `skipped` counts the events that the page was too slow for since it connected. */
  | { readonly type: 'events'; readonly events: readonly EventNews[]; readonly skipped: number }
  | { readonly type: 'details'; readonly request: number; readonly details: readonly EventDetails[] }
  | { readonly type: 'snapshot'; readonly request: number; readonly snapshot: unknown }
  /** The answer to an event that the page sent: null if it was delivered, otherwise why it was not. */
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

/** How many events a page may request details of at once. */
export const maxDetailsPerRequest = 100;
