import type { CallPart, CallSplit } from './history/call-bins.ts';

/** The messages between the inspector's server and its page: one JSON object per WebSocket frame. */

/** The subprotocol of a page. A connection without it is an app that uses the protocol of `@statelyai/inspect`. */
export const pageProtocol = 'toolfuse.page.1';

/** The prefix of the subprotocol that carries the token, because a browser does not let a page set headers. */
export const tokenPrefix = 'token.';

export type ActorKind = 'registry' | 'circuit' | 'run' | 'machine' | 'other';

/** A timer of an actor. */
export interface TimerNews {
  readonly event: string;
  /** When it is due, in ms of the server's wall clock. */
  readonly dueAt: number;
  readonly delayMs: number;
}

/** The data of a circuit beyond its state; null for other actors. */
export interface ToolNews {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  readonly failures: number;
  readonly threshold: number;
  readonly opens: number;
  readonly denials: number;
  readonly lastError: string | null;
  /** The last outcomes, one letter each, oldest first; see `outcomes.ts`. */
  readonly outcomes: string;
  /** Who isolated it, if that was said. */
  readonly isolatedBy: string | null;
  readonly probesInFlight: number;
  readonly probeSuccesses: number;
  /** What a half-open circuit needs: how many successes, and how many probes it admits at a time; null for no limit. */
  readonly successThreshold: number;
  readonly maxProbes: number | null;
  /** The window of its trip strategy; null if it counts failures in a row. */
  readonly window: WindowNews | null;
}

/** The calls in the window of a trip strategy, and what they are compared with. */
export interface WindowNews {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  readonly minCalls: number;
  /** The shares that trip the circuit, from 0 to 1. */
  readonly failureRate: number;
  readonly slowCallRate: number;
}

/** The data of a run of an agent. */
export interface RunNews {
  readonly run: string;
  /** What it repeats most often; null while it does nothing twice. */
  readonly loop: {
    readonly kind: string;
    readonly tool: string;
    readonly count: number;
    /** The last different words with which it ended. */
    readonly endings: readonly string[];
  } | null;
  readonly warned: number;
  readonly denied: number;
  /** After how many repetitions it is told, refused, and should stop. */
  readonly warnAfter: number;
  readonly denyAfter: number;
  readonly stopAfter: number;
}

/** What a person wants to know of a tool and no single event tells. It is sent once a second, if it has changed. */
export interface FactsNews {
  readonly kind: 'tool' | 'upstream';
  /** The name of the circuit that the tool depends on. */
  readonly upstream: string | null;
  /** Calls a minute, and how they ended, in the last five minutes. */
  readonly perMinute: number;
  readonly split: CallSplit;
  /** The share of failures among the calls that say something about the tool, from 0 to 1; null if there were none. */
  readonly errorShare: number | null;
  /** How long recent calls took, in ms; null if none was measured, as in a remote app. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** The last error with its words. */
  readonly error: ErrorNews | null;
  readonly isObserving: boolean;
  /** The state in which it would be if it did not only observe. */
  readonly wouldBe: string;
  /** The last time that it was spared a trip, or refused no call, that its calls called for. */
  readonly spared: SparedNews | null;
}

/** An error of a tool. */
export interface ErrorNews {
  readonly at: number;
  readonly category: string;
  /** Its message, on one line and shortened; null if only a category was given. */
  readonly words: string | null;
}

/** Why a circuit did not do what its calls called for. */
export interface SparedNews {
  readonly at: number;
  readonly why: 'observe' | 'disabled' | 'cap';
  readonly what: 'trip' | 'call';
  /** How often this was so. */
  readonly times: number;
}

/** The last hours of one actor. */
export interface LaneNews {
  readonly id: string;
  readonly spans: readonly { readonly state: string; readonly from: number; readonly to: number }[];
  readonly calls: readonly CallPart[];
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
  /** When it entered its state, in ms of the server's wall clock; null if that is unknown. */
  readonly since: number | null;
  /** When its app disconnected; null while it is connected. */
  readonly goneAt: number | null;
  readonly tool: ToolNews | null;
  readonly run: RunNews | null;
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
      /** What is inspected, for the title; null if it has no name. */
      readonly name: string | null;
      /** The version of Node.js, the process and when it started. */
      readonly process: { readonly pid: number; readonly startedAt: number };
    }
  /** The processes of this machine that the page can connect to as well. */
  | { readonly type: 'processes'; readonly processes: readonly ProcessNews[] }
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
  /** What changed of the facts about tools, by the id of the actor. */
  | { readonly type: 'facts'; readonly facts: readonly (readonly [id: string, facts: FactsNews])[] }
  | {
      readonly type: 'lanes';
      readonly request: number;
      readonly now: number;
      readonly lanes: readonly LaneNews[];
    }
  | { readonly type: 'details'; readonly request: number; readonly details: readonly EventDetails[] }
  | { readonly type: 'snapshot'; readonly request: number; readonly snapshot: unknown }
  /** The answer to an event that the page sent: null if it was delivered, otherwise why it was not. */
  | { readonly type: 'told'; readonly request: number; readonly error: string | null };

/** A process that a page can connect to. */
export interface ProcessNews {
  readonly id: string;
  readonly name: string;
}

export type PageMessage =
  | {
      readonly type: 'lanes';
      readonly request: number;
      readonly actors: readonly string[];
      /** How far back, in ms, and in about how many parts. */
      readonly spanMs: number;
      readonly parts: number;
    }
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
/** Of how many actors a page may request lanes at once. */
export const maxLanesPerRequest = 100;
