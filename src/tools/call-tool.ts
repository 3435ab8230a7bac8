import { type AnyFunction, isObject, type Method } from './tool.ts';

/** Makes one guarded call of the tool of this name. */
export type GuardCall = (
  name: string,
  method: Method,
  args: readonly unknown[],
  fn: () => unknown,
) => Promise<unknown>;

interface FunctionCall {
  readonly id?: string;
  readonly name: string;
}

export const isFunctionCall = (value: unknown): value is FunctionCall =>
  isObject(value) && typeof value.name === 'string';

/** What a tool is called with, according to the arguments of a method. */
export function inputOf(method: Method, [first, second]: readonly unknown[]): unknown {
  if (method !== 'callTool') return first;
  if (typeof first === 'string') return second;
  const call: unknown = Array.isArray(first) ? first[0] : first;
  return isObject(call) ? (call.arguments ?? call.args) : undefined;
}

/**
 * A guarded `callTool`, whose first argument says which tool is called: its name (a server of OpenAI Agents), an object with its
 * `name` (an MCP client), or an array of such objects (Google's `CallableTool`), each of which is a call of its own.
 */
export function guardedCallTool(
  fn: AnyFunction,
  call: GuardCall,
  { tool, isGuardedTool }: { tool: object; isGuardedTool: (self: unknown) => boolean },
): AnyFunction {
  return function callTool(...args) {
    const self = isGuardedTool(this) ? tool : this;
    const callOne = (name: string, own: readonly unknown[]): Promise<unknown> =>
      call(name, 'callTool', own, () => fn.apply(self, [...own]));
    const [first, ...rest] = args;
    if (typeof first === 'string') return callOne(first, args);
    if (isFunctionCall(first)) return callOne(first.name, args);
    if (Array.isArray(first) && first.length > 0 && first.every(isFunctionCall))
      return inTurn(first.map((each) => () => callOne(each.name, [[each], ...rest])));
    // The function itself says what is wrong with such arguments.
    return fn.apply(self, args);
  };
}

/** Makes calls one after the other, as `CallableTool` does, and joins what they return. */
async function inTurn(calls: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const parts: unknown[] = [];
  for (const call of calls) parts.push(await call());
  return parts.flat();
}
