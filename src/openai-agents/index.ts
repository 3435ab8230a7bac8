export { type GuardableServer, type GuardMcpServersOptions, guardMcpServers } from './guard-mcp-servers.ts';
export { type GuardToolOptions, guardTool } from './guard-tool.ts';
export { type Behavior, type Outcome, pauseBehavior, type ToolResult } from './pause-behavior.ts';
