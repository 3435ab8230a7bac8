/** Settings that decide when a run of an agent repeats itself too often. */
export interface LoopConfig {
  /** After how many repetitions each further answer carries a correction for the model. Default 3. */
  readonly warnAfter: number;
  /** After how many repetitions the next one is refused. Default 5. */
  readonly denyAfter: number;
  /** After how many repetitions, refused ones included, a pause is called for; `Infinity` for never. Default 10. */
  readonly stopAfter: number;
  /** After how long without a call a run starts afresh, in ms. Default 600 000. */
  readonly quietMs: number;
}

/** The default settings of the guard against loops. */
export const defaultLoopConfig: LoopConfig = Object.freeze({
  warnAfter: 3,
  denyAfter: 5,
  stopAfter: 10,
  quietMs: 600_000,
});

/** Fills in the defaults. Nothing is validated here; `createToolRegistry` validates its options. */
export function loopConfig(given: Partial<LoopConfig> = {}): LoopConfig {
  return Object.freeze({
    warnAfter: given.warnAfter ?? defaultLoopConfig.warnAfter,
    denyAfter: given.denyAfter ?? defaultLoopConfig.denyAfter,
    stopAfter: given.stopAfter ?? defaultLoopConfig.stopAfter,
    quietMs: given.quietMs ?? defaultLoopConfig.quietMs,
  });
}
