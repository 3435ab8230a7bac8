import type { CircuitConfig } from '../../machines/circuit-config.ts';
import type { Mode } from './modes.ts';

/** The settings of one circuit, checked and complete. */
export interface CircuitSettings {
  readonly circuit: CircuitConfig;
  /** The name of another circuit that the tool depends on. */
  readonly upstream: string | undefined;
  /** The tool's own mode; undefined for that of all tools. */
  readonly mode: Mode | undefined;
}

/** The settings of all circuits that have their own, by tool. */
export interface SettingsOfCircuits {
  get(tool: string): CircuitSettings | undefined;
  /** The names of all upstreams in them. */
  readonly upstreams: ReadonlySet<string>;
}
