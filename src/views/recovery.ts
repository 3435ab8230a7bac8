import type { ToolRegistryContext } from '../../machines/tool-registry.ts';
import type { ErrorPattern, RecentError, RecentErrors } from '../telemetry/recent-errors.ts';

/** What a user who is asked whether to go on should know. */
export interface Recovery {
  /** Whether the registry is paused. */
  readonly isPaused: boolean;
  /** Why, or null while it is not. */
  readonly reason: string | null;
  /** The names of the circuits that are open or isolated. */
  readonly openCircuits: readonly string[];
  /** The last failures that counted, at most 100, the oldest first. */
  readonly recentErrors: readonly RecentError[];
  /** Those among them that came again and again, the most frequent first. */
  readonly patterns: readonly ErrorPattern[];
  /** Whether the user may be asked: not within `recovery.cooldownMs` of having said to go on. */
  readonly mayAsk: boolean;
  /** How long until the user may be asked again, in ms; 0 if now. */
  readonly askAgainMs: number;
}

/** Reads off the registry actor, and the errors kept beside it, what a user should know. */
export function recoveryOf(
  { pauseReason, silencedUntil }: ToolRegistryContext,
  openCircuits: readonly string[],
  errors: RecentErrors,
  now: number,
): Recovery {
  const askAgainMs = silencedUntil === null ? 0 : Math.max(0, silencedUntil - now);
  return {
    isPaused: pauseReason !== null,
    reason: pauseReason,
    openCircuits,
    recentErrors: errors.list(),
    patterns: errors.patterns(),
    mayAsk: askAgainMs === 0,
    askAgainMs,
  };
}
