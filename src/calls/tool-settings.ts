import type { CircuitSettings } from '../circuits/circuit-settings.ts';
import type { CallContext } from './call.ts';

/** The settings of one tool, checked and complete: those of its circuit, and those of its calls. */
export interface ToolSettings extends CircuitSettings {
  /** The tools that a denial suggests to the model while this one is unavailable. */
  readonly alternatives: readonly string[];
  /** A cheap call that finds out whether the tool works again once its circuit is half-open. */
  readonly probe: ((context: CallContext) => unknown) | undefined;
  /** Whether the tool is meant to be called again until its result changes. */
  readonly polling: boolean;
  /** Says which target or tenant an input is for, each of which has a circuit. */
  readonly key: ((input: unknown) => unknown) | undefined;
}

/** The settings of all tools that have their own. */
export interface SettingsOfTools {
  get(tool: string): ToolSettings | undefined;
  /** The names that have their own settings; patterns are left out. */
  readonly names: ReadonlySet<string>;
  /** The names of all upstreams in them. */
  readonly upstreams: ReadonlySet<string>;
  /** Whether any of them has a `key`. */
  readonly haveKeys: boolean;
}
