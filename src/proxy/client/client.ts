import type { Message } from '../wire/message.ts';

/** The client of a session, however it is connected. */
export interface Client {
  /** @returns false where it is full: it calls the session's `resume` once it takes messages again. */
  write(message: Message): boolean;
  /** Collects what is written until `uncork`, where the connection can do that. */
  cork?(): void;
  uncork?(): void;
  /** Reads nothing from the client until `resume`. */
  pause(): void;
  resume(): void;
  /** The session is over. */
  end(): void;
}
