import type { ToolRegistry } from 'toolfuse';
import { CircuitOpenError } from 'toolfuse';
import { aFunction, type Rules } from '../../machines/rule.ts';
import type { RunMark } from '../tools/agent-run.ts';
import { aRun, type CircuitOptions, callCircuit } from '../tools/call-circuit.ts';
import { isGuardedBy, markGuarded } from '../tools/guarded.ts';
import { anUpstream, aRegistry, checkAdapterOptions } from '../tools/options.ts';
import { permittedCall } from '../tools/permitted-call.ts';
import { standIn } from '../tools/stand-in.ts';
import { type AnyFunction, isFunction, isObject } from '../tools/tool.ts';
import { correctedMessage, endings, refusalMessage, type ToolCall } from './tool-messages.ts';

/** Options of `guardTools`. */
export interface GuardToolsOptions extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
}

const rules: Rules<keyof GuardToolsOptions> = {
  registry: aRegistry,
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
};

/** The call of a model, which a tool is invoked with by an agent or a `ToolNode`; undefined if it is invoked with its input. */
const toolCallOf = (input: unknown): ToolCall | undefined =>
  isObject(input) && input.type === 'tool_call' && typeof input.name === 'string'
    ? (input as unknown as ToolCall)
    : undefined;

/** The conversation that a tool is called in, if the graph has a name for it. */
const threadOf = (config: unknown): RunMark => {
  const { configurable } = isObject(config) ? config : {};
  const { thread_id: thread } = isObject(configurable) ? configurable : {};
  return typeof thread === 'string' ? thread : undefined;
};

const signalOf = (config: unknown): AbortSignal | undefined =>
  isObject(config) && isObject(config.signal) ? (config.signal as unknown as AbortSignal) : undefined;

/**
 * Guards tools of LangChain where there is no agent for a middleware, as in the `ToolNode` of LangGraph. The tools keep their
 * types, prototypes and fields; what has no `invoke` stays the same object.
 *
 * A refused call of a model returns a `ToolMessage`, to which `ToolNode` adds nothing. A tool that is invoked with its plain
 * input throws a `CircuitOpenError`. All other errors stay as they are.
 *
 * @example
 * const tools = new ToolNode(guardTools([search, read], { registry }));
 *
 * @throws TypeError for an unknown option or a missing registry, RangeError for an invalid value.
 */
export function guardTools<Tools extends readonly unknown[]>(
  tools: Tools,
  options: GuardToolsOptions,
): Tools {
  const given = checkAdapterOptions<GuardToolsOptions>(options, rules, 'guardTools');
  if (!Array.isArray(tools)) throw new TypeError('guardTools: tools must be an array of tools');
  return tools.map((tool: unknown) => guardTool(tool, given)) as never;
}

function guardTool(tool: unknown, options: GuardToolsOptions): unknown {
  const { registry } = options;
  if (!isObject(tool) || !isFunction(tool.invoke) || typeof tool.name !== 'string') return tool;
  const { invoke, name } = tool as { invoke: AnyFunction; name: string };
  if (isGuardedBy(invoke, registry)) return tool;
  registry.declareTools([options.toolName?.(name) ?? name]);
  const guardedInvoke = async (...args: unknown[]): Promise<unknown> => {
    const [input, config] = args;
    const signal = signalOf(config);
    if (signal?.aborted) return invoke.apply(tool, args);
    const toolCall = toolCallOf(input);
    const circuit = callCircuit(
      options,
      name,
      toolCall === undefined ? input : toolCall.args,
      args,
      threadOf(config),
    );
    const permit = registry.tryAcquire(circuit.name, circuit.needs);
    if (permit.admitted) {
      const result = await permittedCall(permit, () => invoke.apply(tool, args), { signal, ...endings });
      return correctedMessage(result, permit.correction);
    }
    if (toolCall === undefined) throw new CircuitOpenError(permit);
    return refusalMessage(permit, toolCall);
  };
  return standIn(tool, { invoke: markGuarded(guardedInvoke, registry, invoke) });
}
