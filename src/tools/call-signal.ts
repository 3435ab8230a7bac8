import { isFunction, isObject } from './tool.ts';

const isSignal = (value: unknown): value is AbortSignal =>
  isObject(value) && typeof value.aborted === 'boolean' && isFunction(value.addEventListener);

/**
 * The signal with which a framework aborts a call, found in one of the arguments after the first: `abortSignal` (AI SDK, Mastra, ADK),
 * `signal` (the Anthropic runner, MCP clients, OpenAI Agents), or `toolContext.abortSignal` (VoltAgent).
 */
export function callSignal(args: readonly unknown[]): AbortSignal | undefined {
  for (const arg of args.slice(1)) {
    if (!isObject(arg)) continue;
    if (isSignal(arg.abortSignal)) return arg.abortSignal;
    if (isSignal(arg.signal)) return arg.signal;
    if (isObject(arg.toolContext) && isSignal(arg.toolContext.abortSignal))
      return arg.toolContext.abortSignal;
  }
  return undefined;
}
