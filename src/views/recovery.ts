import type { ToolRegistryContext } from '../../machines/registry-context.ts';
import type { ErrorPattern, RecentError, RecentErrors } from '../telemetry/recent-errors.ts';

/** The facts for a user who decides whether the agent goes on. */
export interface Recovery {
  /** Whether the agent should pause and ask. */
  readonly isPaused: boolean;
  /** Why the agent should pause; null if it should not. */
  readonly reason: string | null;
  /** The names of the circuits that are open or isolated. */
  readonly openCircuits: readonly string[];
  /** The runs of agents that repeat themselves so often that they should stop and ask. */
  readonly runs: readonly string[];
  /** The most recent counted failures, at most 100, oldest first. */
  readonly recentErrors: readonly RecentError[];
  /** The failures among them that occurred more than once, most frequent first. */
  readonly patterns: readonly ErrorPattern[];
  /** Whether the user may be asked now; false for `recovery.cooldownMs` after the user said to go on. */
  readonly mayAsk: boolean;
  /** How long until the user may be asked again, in ms; 0 means now. */
  readonly askAgainMs: number;
}

/** Collects the facts from the registry actor's context and the recent errors. */
export function recoveryOf(
  { pauseReason, silencedUntil, stoppedRuns }: ToolRegistryContext,
  openCircuits: readonly string[],
  errors: RecentErrors,
  now: number,
): Recovery {
  const askAgainMs = silencedUntil === null ? 0 : Math.max(0, silencedUntil - now);
  return {
    isPaused: pauseReason !== null,
    reason: pauseReason,
    openCircuits,
    runs: stoppedRuns,
    recentErrors: errors.list(),
    patterns: errors.patterns(),
    mayAsk: askAgainMs === 0,
    askAgainMs,
  };
}
