import type { CircuitConfig } from '../../machines/circuit-config.ts';

/** The settings of one circuit, checked and complete. */
export interface CircuitSettings {
  readonly circuit: CircuitConfig;
  /** What the tool depends on: another circuit, by name. */
  readonly upstream: string | undefined;
}
