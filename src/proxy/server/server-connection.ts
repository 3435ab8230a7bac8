import type { Message } from '../wire/message.ts';
import type { MessageListener } from '../wire/message-listener.ts';

/** What a connection reports. */
export interface ServerEvents extends MessageListener {
  /** Called around messages that arrived together. */
  readonly together: (tell: () => void) => void;
  /** It takes messages again, after `write` returned false. */
  readonly onDrain: () => void;
  /** It is over. No other event follows. */
  readonly onEnd: (end: ServerEnd) => void;
  /** A message did not reach the server, or its answer did not reach the proxy. */
  readonly onUndelivered: (message: Message, error: unknown) => void;
}

/** How a connection ended. */
export interface ServerEnd {
  /** In words: `it exited with code 1`. */
  readonly why: string;
  /** The exit code of the proxy, if such a server can never be started. */
  readonly exitCode?: number;
  /** Whether another run is to replace it at once, without counting as a failure of the server. */
  readonly isReplaced?: boolean;
  /** The requests that it certainly has not begun with, by their ids as JSON text, and why. */
  readonly refused?: { readonly ids: ReadonlySet<string>; readonly error: unknown };
}

/** A running server. */
export interface ServerConnection {
  /** The id of its process, if it is one on this machine. */
  readonly pid?: number | undefined;
  /** @returns false when it is full: wait for `onDrain`. */
  write(message: Message): boolean;
  /** Collects what is written until `uncork`, where the connection can do that. */
  cork?(): void;
  uncork?(): void;
  /** Reads nothing from the server until `resume`, so that the server has to wait as well. */
  pause(): void;
  resume(): void;
  /** Client and server have agreed on a version of the protocol. */
  agreeOn(version: string): void;
  /** Passes on a signal that the proxy was sent, where the server is a process on this machine. */
  signal?(name: NodeJS.Signals): void;
  /** Ends it: `gently`, with time to finish; `now`, if it is known to hang. Resolves when it is gone. */
  close(how: 'gently' | 'now'): Promise<void>;
}

/** Starts a server, or connects to one. */
export type Connect = (events: ServerEvents) => ServerConnection;
