import { type RegistryMetrics, systemClock, type ToolDiagnostics, type ToolRegistry } from 'toolfuse';

/** The state of one circuit. Its instants are ISO 8601 texts, since a reader does not share the proxy's clock. */
export interface CircuitStatus extends Omit<ToolDiagnostics, Instant> {
  readonly openedAt: string | null;
  readonly lastDeniedAt: string | null;
  readonly isolatedUntil: string | null;
  /** Whether a call would be admitted now: false also while the server's circuit refuses it. */
  readonly isAvailable: boolean;
}

type Instant = 'openedAt' | 'lastDeniedAt' | 'isolatedUntil';

/** What a running proxy reports about itself. */
export interface ProxyStatus {
  readonly pid: number;
  readonly server: string;
  /** The name of the server's own circuit. With `--listen`, the servers of further sessions add `#2`, `#3` and so on to it. */
  readonly circuit: string;
  readonly startedAt: string;
  /** The address, with its key, of the page that shows the circuits live; null without `--inspect`. */
  readonly inspector: string | null;
  readonly openCircuits: readonly string[];
  /** How many circuits are open now. */
  readonly openCount: number;
  readonly circuits: readonly CircuitStatus[];
  readonly metrics: RegistryMetrics;
}

/** The state of every circuit of a registry that runs on the system's clock. */
export function circuitsOf(registry: ToolRegistry): CircuitStatus[] {
  const epoch = Date.now() - systemClock.now();
  const iso = (instant: number | null): string | null =>
    instant === null ? null : new Date(epoch + instant).toISOString();
  const { diagnostics } = registry.snapshot();
  const available = new Set(registry.availableTools(diagnostics.map(({ tool }) => tool)));
  return diagnostics.map((each) => ({
    ...each,
    openedAt: iso(each.openedAt),
    lastDeniedAt: iso(each.lastDeniedAt),
    isolatedUntil: iso(each.isolatedUntil),
    isAvailable: available.has(each.tool),
  }));
}
