import { isObject } from './tool.ts';

/** What tells runs of an agent apart: the name of one, or an object that the framework keeps for the whole of it. */
export type RunMark = string | object | undefined;

/** A call of a tool, as the framework makes it. */
export interface ToolCallOfRun {
  readonly tool: string;
  /** What the tool is called with. */
  readonly input: unknown;
  /** The arguments that the framework calls the tool with. */
  readonly args: readonly unknown[];
}

const names = new WeakMap<object, string>();
let named = 0;

/** The name of a run; undefined if nothing tells it from others. */
export function runName(mark: RunMark): string | undefined {
  if (typeof mark !== 'object' || mark === null) return mark || undefined;
  const known = names.get(mark);
  if (known !== undefined) return known;
  named += 1;
  const name = `run ${named}`;
  names.set(mark, name);
  return name;
}

const isOfUser = (message: unknown): message is object =>
  isObject(message) && (message.role === 'user' || message.type === 'human');

/** The last message of the user among the messages of a run: what an agent does until the next one is one run. */
export const lastOfUser = (messages: unknown): object | undefined =>
  Array.isArray(messages) ? messages.findLast(isOfUser) : undefined;

/** What tells runs apart in the second argument of a tool of the AI SDK, Mastra or, in its context, VoltAgent. */
export function markIn([, options]: readonly unknown[]): object | undefined {
  if (!isObject(options)) return undefined;
  const { messages } = isObject(options.toolContext) ? options.toolContext : options;
  return lastOfUser(messages);
}
