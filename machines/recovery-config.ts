/** Settings that decide when the registry calls for a pause. */
export interface RecoveryConfig {
  /** How many open circuits call for a pause; `Infinity` for never. Default 3. */
  readonly maxOpenCircuits: number;
  /** How long no new pause is announced after the user said to go on, in ms. Default 60 000. */
  readonly cooldownMs: number;
  /**
   * The largest share of all tools whose circuits may be tripped at once; one always may. Beyond it, a circuit that would trip
   * stays closed and a pause is called for. Default 1: no limit.
   */
  readonly maxOpenShare: number;
}

/** The default settings of the recovery pause. */
export const defaultRecoveryConfig: RecoveryConfig = Object.freeze({
  maxOpenCircuits: 3,
  cooldownMs: 60_000,
  maxOpenShare: 1,
});

/** Fills in the defaults. Nothing is validated here; `createToolRegistry` validates its options. */
export function recoveryConfig(given: Partial<RecoveryConfig> = {}): RecoveryConfig {
  return Object.freeze({
    maxOpenCircuits: given.maxOpenCircuits ?? defaultRecoveryConfig.maxOpenCircuits,
    cooldownMs: given.cooldownMs ?? defaultRecoveryConfig.cooldownMs,
    maxOpenShare: given.maxOpenShare ?? defaultRecoveryConfig.maxOpenShare,
  });
}
