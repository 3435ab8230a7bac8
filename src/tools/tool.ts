import { show } from '../../machines/rule.ts';

/** The functions by which frameworks call a tool, and the one by which clients of MCP call the tools of a server. */
export const methods = ['execute', 'run', 'callTool'] as const;

export type Method = (typeof methods)[number];

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** The part of a stream, or else the value. */
type Part<Value> = Value extends AsyncIterable<infer Each> ? Each : Value;

type FunctionIn<Tool, Name extends Method> = Tool extends { readonly [Key in Name]?: infer Found }
  ? Extract<Found, (...args: never[]) => unknown>
  : never;

type FunctionsOf<Tool> = { [Name in Method]: FunctionIn<Tool, Name> }[Method];

type ResultOf<Fn> = Fn extends (...args: never[]) => infer Result ? Result : never;

/** What the functions of a tool return to their caller, each part of a stream on its own; unknown if they are not known. */
export type OutputOf<Tool> = [FunctionsOf<Tool>] extends [never]
  ? unknown
  : Part<Awaited<ResultOf<FunctionsOf<Tool>>>>;

/** The tools in a record or an array. */
export type ToolIn<Tools> = Tools extends readonly (infer Tool)[] ? Tool : Tools[keyof Tools];

export const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null;

export const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function';

/** The methods of a tool that calls go through. A tool without any runs elsewhere: in a browser, or at the model's provider. */
export const methodsOf = (tool: unknown): readonly Method[] =>
  isObject(tool) ? methods.filter((method) => isFunction(tool[method])) : [];

/**
 * The name of a tool in an array.
 *
 * @throws TypeError for a tool that has no name, because calls of all such tools would share a circuit.
 */
export function nameOf(tool: unknown, index: number): string {
  const { name, id } = tool as { name?: unknown; id?: unknown };
  const found = [name, id].find((each) => typeof each === 'string' && each !== '');
  if (typeof found === 'string') return found;
  throw new TypeError(
    `guardTools: tools[${index}] has no name, got ${show(name)}; pass a record whose keys are the names`,
  );
}
