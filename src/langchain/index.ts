export { type GuardToolsOptions, guardTools } from './guard-tools.ts';
export {
  type ModelRequest,
  type ToolCallRequest,
  type ToolfuseMiddleware,
  type ToolfuseMiddlewareOptions,
  toolfuseMiddleware,
} from './middleware.ts';
export type { ToolCall } from './tool-messages.ts';
