import type { CircuitSettings } from '../circuits/circuit-settings.ts';
import type { CallContext } from './call.ts';

/** The settings of one tool, checked and complete: those of its circuit, and what concerns its calls alone. */
export interface ToolSettings extends CircuitSettings {
  /** The tools that a model is told of while this one is unavailable. */
  readonly alternatives: readonly string[];
  /** Finds out whether the tool works again once its circuit is half-open. */
  readonly probe: ((context: CallContext) => unknown) | undefined;
}

/** The settings of the tools that have some of their own, by name. */
export type SettingsOfTools = ReadonlyMap<string, ToolSettings>;
