import type { CircuitSettings } from '../circuits/circuit-settings.ts';
import type { CallContext } from './call.ts';

/** The settings of one tool, checked and complete: those of its circuit, and those of its calls. */
export interface ToolSettings extends CircuitSettings {
  /** The tools that a denial suggests to the model while this one is unavailable. */
  readonly alternatives: readonly string[];
  /** A cheap call that finds out whether the tool works again once its circuit is half-open. */
  readonly probe: ((context: CallContext) => unknown) | undefined;
}

/** The settings of all tools that have their own, by tool name. */
export type SettingsOfTools = ReadonlyMap<string, ToolSettings>;
