import { CircuitOpenError, type ExecuteOptions, type FailureVerdict } from 'toolfuse';
import { markIn } from './agent-run.ts';
import { answerFailure } from './answer-failure.ts';
import { callCircuit } from './call-circuit.ts';
import { callSignal } from './call-signal.ts';
import { guardedCallTool, inputOf } from './call-tool.ts';
import { correctedAnswer } from './corrected-answer.ts';
import { deniedAnswer } from './denied-answer.ts';
import { isGuardedBy, markGuarded } from './guarded.ts';
import { guardedMethod, isStream, type MakeCall } from './guarded-method.ts';
import { checkGuardTools, type GuardToolsOptions } from './options.ts';
import { connectedStandIn, standIn } from './stand-in.ts';
import { type AnyFunction, isObject, type Method, methods, methodsOf, nameOf, type ToolIn } from './tool.ts';

/** What `guardTools` knows of the calls of a tool. */
type Options = GuardToolsOptions<never>;

/** Guards single calls with the options of `guardTools`. */
class CallGuard {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Makes one call of a tool. */
  readonly call = (
    name: string,
    method: Method,
    args: readonly unknown[],
    fn: () => unknown,
  ): Promise<unknown> => {
    const { registry, denied, timeoutMs } = this.#options;
    const { name: circuit, needs } = callCircuit(
      this.#options,
      name,
      inputOf(method, args),
      args,
      markIn(args),
    );
    const isFailure = (this.#options.isFailure ?? answerFailure) as (value: unknown) => FailureVerdict;
    const options: ExecuteOptions<unknown, unknown> = {
      timeoutMs,
      signal: callSignal(args),
      ...needs,
      isFailure: (value) => !isStream(value) && isFailure(value),
      correct: correctedAnswer,
      ...(denied === 'return' && {
        fallback: (error) => {
          if (error instanceof CircuitOpenError) return deniedAnswer(error, method, args);
          throw error;
        },
      }),
    };
    return registry.execute(circuit, fn, options);
  };

  /** A tool with the same prototype and fields whose functions are guarded; the same object if it has none. */
  tool(tool: unknown, nameOfIt: () => string): unknown {
    const { registry } = this.#options;
    const own = methodsOf(tool);
    if (!isObject(tool) || own.every((method) => isGuardedBy(tool[method] as AnyFunction, registry)))
      return tool;
    const replaced: Record<string, AnyFunction> = {};
    for (const method of own) {
      const fn = tool[method] as AnyFunction;
      if (isGuardedBy(fn, registry)) continue;
      const options = { tool, isGuardedTool: (self: unknown) => self === guarded };
      const value =
        method === 'callTool'
          ? guardedCallTool(fn, this.call, options)
          : guardedMethod(fn, { ...options, makeCall: this.#callsOf(nameOfIt(), method) });
      replaced[method] = markGuarded(value, registry, fn);
    }
    const guarded = own.includes('callTool') ? connectedStandIn(tool, replaced) : standIn(tool, replaced);
    return guarded;
  }

  #callsOf(name: string, method: Method): MakeCall {
    const { registry, toolName } = this.#options;
    registry.declareTools([toolName?.(name) ?? name]);
    return (args, fn) => this.call(name, method, args, fn);
  }
}

/**
 * Guards the tools of an agent framework: each call of a tool's `execute` or `run` needs permission from its circuit. The tools
 * keep their types, prototypes, fields and `this`; a generator stays one. Tools without such a function stay the same objects,
 * and a tool that is guarded by the registry already is not guarded twice.
 *
 * An object with `callTool`, such as an MCP client, is guarded as well: the name of the tool is in the arguments of each call.
 *
 * - The framework's abort ends the call at once and never counts; if its reason is a time limit, the call counts as `timeout`.
 * - An MCP result with `isError` counts as a failure, unless its text blames the caller.
 * - Calls that start together all run, even if the first of them fail: the circuit trips after them.
 *
 * @example
 * const tools = guardTools({ search, read }, { registry, upstream: 'github' });
 *
 * @param tools A record, whose keys are the names of the tools, or an array of tools that have a `name` or an `id`.
 * @throws TypeError for an unknown option, a missing registry or a tool without a name; RangeError for an invalid value.
 */
export function guardTools<Tools extends object>(
  tools: Tools,
  options: GuardToolsOptions<ToolIn<Tools>>,
): Tools {
  const guard = new CallGuard(checkGuardTools(options));
  if (Array.isArray(tools))
    return tools.map((tool, index) => guard.tool(tool, () => nameOf(tool, index))) as never;
  if (!isObject(tools) || methods.some((method) => typeof tools[method] === 'function'))
    throw new TypeError('guardTools: tools must be a record or an array of tools, as { search } or [search]');
  const entries = Object.entries(tools).map(([name, tool]) => [name, guard.tool(tool, () => name)]);
  return Object.assign(Object.create(Object.getPrototypeOf(tools)), Object.fromEntries(entries));
}
