import { Counter, Gauge, type Registry } from 'prom-client';
import type { StartReason } from '../server/server-link.ts';

/** What there is to say of the servers behind a proxy. */
export interface ServerFigures {
  /** How often a server was started, by why. */
  readonly starts: Readonly<Record<StartReason, number>>;
  readonly sessions: number;
  /** How many requests wait for an answer of a server. */
  readonly pending: number;
  /** Whether the server of every session takes requests. */
  readonly isUp: boolean;
}

/** Adds the metrics of the servers to those of the circuits. They are read at the scrape. */
export function serverMetrics(register: Registry, name: string, figures: () => ServerFigures): void {
  const labels = { registry: name, server: name };
  const gauge = (metric: string, help: string, read: (figures: ServerFigures) => number): void => {
    new Gauge({
      name: `toolfuse_mcp_server_${metric}`,
      help,
      labelNames: ['registry', 'server'],
      registers: [register],
      collect() {
        this.set(labels, read(figures()));
      },
    });
  };
  gauge('up', 'Whether the server of every session takes requests.', ({ isUp }) => (isUp ? 1 : 0));
  gauge('pending_requests', 'Requests that wait for an answer of a server.', ({ pending }) => pending);
  gauge('sessions', 'Sessions of clients.', ({ sessions }) => sessions);
  new Counter({
    name: 'toolfuse_mcp_server_starts_total',
    help: 'Starts of a server: for a session, or after one that was lost or hung.',
    labelNames: ['registry', 'server', 'why'],
    registers: [register],
    collect() {
      this.reset();
      for (const [why, starts] of Object.entries(figures().starts)) this.inc({ ...labels, why }, starts);
    },
  });
}
