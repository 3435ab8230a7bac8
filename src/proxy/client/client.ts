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
  /**
   * Which run of an agent a request belongs to; undefined where nothing says so. A client without this method is one run itself.
   */
  runOf?(request: Message): string | undefined;
  /** The session is over. */
  end(): void;
}
