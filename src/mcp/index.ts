export { type DeniedResult, deniedResult } from './denied-result.ts';
export { type GuardableClient, guardMcpClient, type McpClientOptions } from './guard-client.ts';
export { type GuardableServer, guardMcpServer, type McpServerOptions } from './guard-server.ts';
export { isInputRequired } from './input-required.ts';
export type { McpGuardOptions } from './options.ts';
export type { ResultErrors } from './result-error-policy.ts';
export { resultFailure } from './result-errors.ts';
export { retryAfterFetch } from './retry-after-fetch.ts';
export { ToolFailure } from './tool-failure.ts';
