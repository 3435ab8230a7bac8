import type { CircuitNeeds } from 'toolfuse';

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
}

/**
 * The circuits that a call needs permission from.
 *
 * @param input What the tool is called with, for a registry whose settings choose a circuit by it.
 */
export function callCircuit(
  { toolName, upstream }: CircuitOptions,
  tool: string,
  input: unknown,
): { readonly name: string; readonly needs: CircuitNeeds } {
  const name = toolName?.(tool) ?? tool;
  const found = typeof upstream === 'function' ? upstream(tool) : upstream;
  // A tool may have the name of its server, and a circuit must not depend on itself.
  return { name, needs: { input, upstream: found === name ? undefined : found } };
}
