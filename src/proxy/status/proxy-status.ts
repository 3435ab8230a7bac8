import type { RegistryMetrics, ToolDiagnostics, ToolRegistry } from 'toolfuse';

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
  /** The address for operators, and the key to change circuits there; null without `--admin`. */
  readonly admin: { readonly url: string; readonly key: string } | null;
  readonly openCircuits: readonly string[];
  /** How many circuits are open now. */
  readonly openCount: number;
  readonly circuits: readonly CircuitStatus[];
  readonly metrics: RegistryMetrics;
}

/** The state of one circuit, from its diagnostics. */
export function statusOf(registry: ToolRegistry, diagnostics: ToolDiagnostics): CircuitStatus {
  const { clock } = registry;
  const offsetMs = clock.wallNow() - clock.now();
  const iso = (instant: number | null): string | null =>
    instant === null ? null : new Date(offsetMs + instant).toISOString();
  return {
    ...diagnostics,
    openedAt: iso(diagnostics.openedAt),
    lastDeniedAt: iso(diagnostics.lastDeniedAt),
    isolatedUntil: iso(diagnostics.isolatedUntil),
    isAvailable: registry.availableTools([diagnostics.circuit]).length > 0,
  };
}

/** The state of every circuit of a registry. */
export const circuitsOf = (registry: ToolRegistry): CircuitStatus[] =>
  registry.snapshot().diagnostics.map((each) => statusOf(registry, each));
