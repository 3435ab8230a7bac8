import type { ServerFigures } from './admin/server-metrics.ts';
import type { Session } from './session/session.ts';

/** The sessions of the proxy's clients, each until its server has ended. */
export class OpenSessions {
  readonly #open = new Set<Session>();
  /** Those whose servers have not ended yet. */
  readonly #closing = new Map<Session, Promise<void>>();
  #announcement: NodeJS.Immediate | undefined;

  add(session: Session): void {
    this.#open.add(session);
  }

  /** Ends a session and its server. */
  async close(session: Session): Promise<void> {
    this.#open.delete(session);
    const closing = session.close();
    this.#closing.set(session, closing);
    await closing.finally(() => this.#closing.delete(session));
  }

  /** Ends every session and its server. */
  async closeAll(): Promise<void> {
    // A session that is closed already may have a server that still runs.
    while (this.#open.size + this.#closing.size > 0) {
      await Promise.all([
        ...this.#closing.values(),
        ...[...this.#open].map((session) => this.close(session)),
      ]);
    }
  }

  /** Passes on to every server a signal that the proxy was sent. */
  signal(name: NodeJS.Signals): void {
    for (const session of [...this.#open, ...this.#closing.keys()]) session.signal(name);
  }

  /** Tells every client that the list of tools has changed: once for all changes of this turn of the event loop. */
  announceToolsSoon(): void {
    this.#announcement ??= setImmediate(() => {
      this.#announcement = undefined;
      for (const session of this.#open) session.announceTools();
    });
  }

  /** How many sessions are open, what they wait for, and whether all their servers take requests. */
  figures(): Pick<ServerFigures, 'sessions' | 'pending' | 'isUp'> {
    const sessions = [...this.#open];
    return {
      sessions: sessions.length,
      pending: sessions.reduce((sum, { pending }) => sum + pending, 0),
      isUp: sessions.every(({ isServerReady }) => isServerReady),
    };
  }
}
