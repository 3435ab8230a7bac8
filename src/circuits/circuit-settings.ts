import type { CircuitConfig } from '../../machines/circuit-config.ts';

/** The settings of one circuit, checked and complete. */
export interface CircuitSettings {
  readonly circuit: CircuitConfig;
  /** The name of another circuit that the tool depends on. */
  readonly upstream: string | undefined;
}
