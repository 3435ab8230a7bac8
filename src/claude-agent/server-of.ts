import type { HookInput } from './hook-types.ts';

/** The MCP server of a tool: said by the SDK, or else by the name of the tool. */
export function serverOf({ mcp_server: server }: HookInput, tool: string): string | undefined {
  const { name } = (server ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : /^mcp__(.+?)__/.exec(tool)?.[1];
}
