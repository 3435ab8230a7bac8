/** When the registry calls for a pause. */
export interface RecoveryConfig {
  /** So many open circuits call for a pause; `Infinity` for never. Default 3. */
  readonly maxOpenCircuits: number;
  /** How long an acknowledged pause stays silent, in ms. Default 60 000. */
  readonly cooldownMs: number;
  /**
   * At most so large a share of all tools may have tripped, but always one. Past it a circuit that would trip stays
   * closed, and a pause is called for. Default 1: no limit.
   */
  readonly maxOpenShare: number;
}

/** What holds where nothing else is said. */
export const defaultRecoveryConfig: RecoveryConfig = Object.freeze({
  maxOpenCircuits: 3,
  cooldownMs: 60_000,
  maxOpenShare: 1,
});

/** Fills in the defaults. Nothing is checked here: `createToolRegistry` checks what a user gives it. */
export function recoveryConfig(given: Partial<RecoveryConfig> = {}): RecoveryConfig {
  return Object.freeze({
    maxOpenCircuits: given.maxOpenCircuits ?? defaultRecoveryConfig.maxOpenCircuits,
    cooldownMs: given.cooldownMs ?? defaultRecoveryConfig.cooldownMs,
    maxOpenShare: given.maxOpenShare ?? defaultRecoveryConfig.maxOpenShare,
  });
}
