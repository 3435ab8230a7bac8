import { CircuitOpenError, type ToolRegistry } from 'toolfuse';
import { aFunction, type Rules, trueOrFalse } from '../../machines/rule.ts';
import { answerFailure } from '../tools/answer-failure.ts';
import { aRun, type CircuitOptions, callCircuit } from '../tools/call-circuit.ts';
import { callSignal } from '../tools/call-signal.ts';
import { correctedAnswer } from '../tools/corrected-answer.ts';
import { isGuardedBy, markGuarded } from '../tools/guarded.ts';
import { anUpstream, aRegistry, checkAdapterOptions } from '../tools/options.ts';
import { type AnyFunction, isFunction, isObject } from '../tools/tool.ts';
import { wordsOf } from './errors-in-words.ts';

/** Options of `guardTool`. */
export interface GuardToolOptions extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /**
   * Whether to hide the tool from the model while it cannot be called. Default false, because a changing list invalidates the
   * model's prompt cache, and because a model that calls a hidden tool all the same ends the run, unless the runner has
   * `toolNotFoundBehavior: 'return_error_to_model'`.
   */
  readonly hideOpen?: boolean | undefined;
}

/** The part of the options of `tool()` that is read here. */
interface ToolOptions {
  readonly name?: string;
  readonly execute: AnyFunction;
  readonly errorFunction?: AnyFunction | null;
  readonly outputSchema?: unknown;
  readonly isEnabled?: AnyFunction | boolean;
}

const rules: Rules<keyof GuardToolOptions> = {
  registry: aRegistry,
  hideOpen: trueOrFalse,
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
};

/**
 * What answers the model for an error. A refusal is always told in its own words, unless the answer has to fit a schema, which only
 * a function of the user can do.
 */
function errorFunctionOf({ errorFunction, outputSchema }: ToolOptions): AnyFunction | null | undefined {
  if (outputSchema !== undefined) return errorFunction;
  return (...args) => {
    const [, error] = args;
    if (error instanceof CircuitOpenError || errorFunction === undefined) return wordsOf(error);
    // The run ends with it, as it does without a guard.
    if (errorFunction === null) throw error;
    return errorFunction(...args);
  };
}

/**
 * Guards a tool of OpenAI Agents: takes the options of `tool()`, and returns the same with their functions guarded. A tool that
 * is made already cannot be guarded, because it swallows its errors.
 *
 * - The model reads the words of an error, or those of a refusal, in place of "Please try again."; your `errorFunction` still puts
 *   failures into words.
 * - With an `outputSchema`, your `errorFunction` gets the `CircuitOpenError` as well, because only it can answer within the
 *   schema. Without one, a refusal ends the run.
 * - Your guardrails, `isEnabled` and `needsApproval` still apply; a call with bad arguments is not counted; `timeoutMs` counts as `timeout`.
 *
 * @example
 * const search = tool(guardTool({ name: 'search', description, parameters, execute }, { registry }));
 *
 * @throws TypeError for an unknown option, a missing registry, or options without `execute` or a name; RangeError for an invalid
 * value.
 */
export function guardTool<Options extends object>(tool: Options, options: GuardToolOptions): Options {
  const given = checkAdapterOptions<GuardToolOptions>(options, rules, 'guardTool');
  const { registry, hideOpen = false } = given;
  const own = tool as unknown as ToolOptions;
  if (!isObject(own) || !isFunction(own.execute))
    throw new TypeError('guardTool: the options of tool() must have a function execute');
  const { execute, isEnabled = true } = own;
  const name = own.name ?? execute.name;
  if (name === '') throw new TypeError('guardTool: the options of tool() must have a name');
  if (isGuardedBy(execute, registry)) return tool;

  registry.declareTools([given.toolName?.(name) ?? name]);
  const guarded: AnyFunction = (...args) => {
    const { name: circuit, needs } = callCircuit(
      given,
      name,
      args[0],
      args,
      isObject(args[1]) ? args[1] : undefined,
    );
    return registry.execute(circuit, () => execute.apply(tool, args), {
      ...needs,
      signal: callSignal(args),
      isFailure: answerFailure,
      correct: correctedAnswer,
    });
  };
  const isOffered: AnyFunction = async (...args) => {
    const offered = isFunction(isEnabled) ? await isEnabled(...args) : isEnabled;
    const circuit = given.toolName?.(name) ?? name;
    return offered && registry.availableTools([circuit]).length > 0;
  };
  return {
    ...tool,
    execute: markGuarded(
      Object.defineProperty(guarded, 'name', { value: execute.name, configurable: true }),
      registry,
      execute,
    ),
    errorFunction: errorFunctionOf(own),
    ...(hideOpen && { isEnabled: isOffered }),
  };
}
