import type { ToolRegistry } from 'toolfuse';
import { show } from '../../machines/rule.ts';
import { checkRegistry } from '../tools/options.ts';
import { isFunction, isObject } from '../tools/tool.ts';

/** What a tool of the SDK answered, as far as it is read here. */
export interface ToolResult {
  readonly type: string;
  readonly tool: { readonly name: string };
  readonly output?: unknown;
}

/** Whether the run ends now, and with what. */
export type Outcome =
  | { readonly isFinalOutput: true; readonly isInterrupted: undefined; readonly finalOutput: string }
  | { readonly isFinalOutput: false; readonly isInterrupted: undefined };

/** A behaviour that the SDK knows: `toolUseBehavior` of an agent. */
export type Behavior<Context, Result, Other> =
  | 'run_llm_again'
  | 'stop_on_first_tool'
  | { readonly stopAtToolNames: readonly string[] }
  | ((context: Context, results: Result[]) => Other);

const goOn: Outcome = Object.freeze({ isFinalOutput: false, isInterrupted: undefined });

const endWith = (finalOutput: string): Outcome => ({
  isFinalOutput: true,
  isInterrupted: undefined,
  finalOutput,
});

/** Ends with what a tool answered; goes on if there is no such tool, or its answer is no output. */
const endWithAnswer = (result: ToolResult | undefined): Outcome =>
  result?.type !== 'function_output' ? goOn : endWith(outputText(result.output));

/** An output as the SDK itself puts it into words. */
function outputText(output: unknown): string {
  if (!isObject(output)) return String(output);
  try {
    return JSON.stringify(output);
  } catch {
    return Object.prototype.toString.call(output);
  }
}

/**
 * Makes a `toolUseBehavior` for an agent of OpenAI Agents: while the registry is paused, the run ends with the reason as its
 * final output. For an agent with an `outputType`, write such a function yourself, because its output has to fit the type.
 *
 * @example
 * const agent = new Agent({ name: 'researcher', tools, toolUseBehavior: pauseBehavior(registry) });
 *
 * @param otherwise The behaviour while the registry is not paused. Default: `run_llm_again`, as in the SDK.
 * @throws TypeError for a value that is not a registry, or not a behaviour.
 */
export function pauseBehavior<Context = unknown, Result extends ToolResult = ToolResult, Other = never>(
  registry: ToolRegistry,
  otherwise: Behavior<Context, Result, Other> = 'run_llm_again',
): (context: Context, results: Result[]) => Promise<Outcome | Awaited<Other>> {
  checkRegistry(registry, 'pauseBehavior: registry');
  const asUsual = behaviorOf(otherwise);
  return async (context, results): Promise<Outcome | Awaited<Other>> => {
    const { isPaused, reason } = registry.recovery();
    if (isPaused) return endWith(`Stopped. ${reason}`);
    return (await asUsual(context, results)) as Outcome | Awaited<Other>;
  };
}

function behaviorOf<Context, Result extends ToolResult, Other>(
  behavior: Behavior<Context, Result, Other>,
): (context: Context, results: Result[]) => Outcome | Other {
  if (isFunction(behavior)) return behavior as (context: Context, results: Result[]) => Other;
  if (behavior === 'run_llm_again') return () => goOn;
  if (behavior === 'stop_on_first_tool') return (_, results) => endWithAnswer(results[0]);
  if (isObject(behavior) && Array.isArray(behavior.stopAtToolNames)) {
    const names: readonly unknown[] = behavior.stopAtToolNames;
    return (_, results) => endWithAnswer(results.find(({ tool }) => names.includes(tool.name)));
  }
  throw new TypeError(`pauseBehavior: otherwise must be a toolUseBehavior, got ${show(behavior)}`);
}
