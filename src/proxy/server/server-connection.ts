import type { Message } from '../wire/message.ts';
import type { MessageListener } from '../wire/message-listener.ts';

/** What a connection tells. */
export interface ServerEvents extends MessageListener {
  /** Called around messages that came together. */
  readonly together: (tell: () => void) => void;
  /** It takes messages again, after `write` has said that it is full. */
  readonly onDrain: () => void;
  /** It is over. No other event follows. */
  readonly onEnd: (end: ServerEnd) => void;
  /** A message could not be brought to the server, or has got no answer. */
  readonly onUndelivered: (message: Message, error: unknown) => void;
}

/** How a connection ended. */
export interface ServerEnd {
  /** In words: `it exited with code 1`. */
  readonly why: string;
  /** Where no such server can ever be started: the exit code that says so. */
  readonly exitCode?: number;
  /** Whether another run is to take its place at once: then it says nothing against the server. */
  readonly isReplaced?: boolean;
}

/** A running server. */
export interface ServerConnection {
  /** Its process, where it has one here. */
  readonly pid?: number | undefined;
  /** @returns false where it is full: `onDrain` tells when to go on. */
  write(message: Message): boolean;
  /** Gathers what is written until `uncork`, where it can. */
  cork?(): void;
  uncork?(): void;
  /** Hears nothing of the server for a while, so that the server is held up as well. */
  pause(): void;
  resume(): void;
  /** The version of the protocol that client and server have agreed on. */
  agreeOn(version: string): void;
  /** Ends it: with time to finish, unless it is known to hang. Resolves when it is gone. */
  close(how: 'gently' | 'now'): Promise<void>;
}

/** Starts a server, or reaches it. */
export type Connect = (events: ServerEvents) => ServerConnection;
