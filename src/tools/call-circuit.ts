import type { CallNeeds } from 'toolfuse';
import type { Rule } from '../../machines/rule.ts';
import { type RunMark, runName, type ToolCallOfRun } from './agent-run.ts';

/** The options of every adapter that say which circuits a call goes through. */
export interface CircuitOptions {
  /**
   * Returns the name of a tool's circuit. Default: the tool's own name. Needed if tools of the same name share a registry but
   * are not the same tool.
   */
  readonly toolName?: ((tool: string) => string) | undefined;
  /**
   * The circuit that the tools depend on in addition to their own, such as their MCP server's: its name, or a function that
   * returns it for the name of a tool. Default: the `upstream` of the tool's settings.
   */
  readonly upstream?: string | ((tool: string) => string | undefined) | undefined;
  /**
   * The run of an agent that makes the calls, which a registry with `loops` guards against repetitions: its name, or a function that
   * returns, for a call, its name or an object that the framework keeps for the whole run. Default: what the framework itself says of
   * its run.
   */
  readonly run?: string | ((call: ToolCallOfRun) => RunMark) | undefined;
}

export const aRun: Rule = [
  'the name of a run, or a function that returns what tells runs apart',
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
];

/**
 * The circuits that a call needs permission from, and the run that makes it.
 *
 * @param input What the tool is called with, for a registry whose settings choose a circuit by it.
 * @param args The arguments that the framework calls it with.
 * @param mark What tells the framework's run from others. Default: unknown.
 */
export function callCircuit(
  { toolName, upstream, run }: CircuitOptions,
  tool: string,
  input: unknown,
  args: readonly unknown[] = [],
  mark?: RunMark,
): { readonly name: string; readonly needs: CallNeeds } {
  const name = toolName?.(tool) ?? tool;
  const found = typeof upstream === 'function' ? upstream(tool) : upstream;
  return {
    name,
    // A tool may have the name of its server, and a circuit must not depend on itself.
    needs: {
      input,
      // The registry contains what the function throws.
      run: typeof run === 'function' ? () => runName(run({ tool, input, args })) : runName(run ?? mark),
      upstream: found === name ? undefined : found,
    },
  };
}
