import { AIMessage, type ToolMessage } from '@langchain/core/messages';
import type { Denial, Permit, ToolRegistry } from 'toolfuse';
import { aFunction, oneOf, type Rules, trueOrFalse } from '../../machines/rule.ts';
import { lastOfUser } from '../tools/agent-run.ts';
import { aRun, type CircuitOptions, callCircuit } from '../tools/call-circuit.ts';
import { errorWords } from '../tools/error-words.ts';
import { isGuardedBy } from '../tools/guarded.ts';
import { anUpstream, aRegistry, checkAdapterOptions } from '../tools/options.ts';
import { permittedCall } from '../tools/permitted-call.ts';
import { isObject } from '../tools/tool.ts';
import {
  correctedMessage,
  endings,
  errorMessage,
  isBubbleUp,
  refusalMessage,
  type ToolCall,
} from './tool-messages.ts';

/** Options of `toolfuseMiddleware`. */
export interface ToolfuseMiddlewareOptions extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /**
   * How the error of a tool ends its call. `message` (default): the model reads it in a `ToolMessage`. `throw`: it is thrown on as
   * it is, for another middleware to retry or to put into words; without one, LangChain ends the run with it.
   */
  readonly errors?: 'message' | 'throw' | undefined;
  /**
   * Whether the model is offered only the tools that can be called now. Default false, because a changing list invalidates the
   * model's prompt cache, and calls of an open tool are refused anyway.
   */
  readonly hideOpen?: boolean | undefined;
  /** What happens while the registry is paused. `end` (default): the run ends with a message that says why. `ignore`: nothing. */
  readonly onPause?: 'end' | 'ignore' | undefined;
}

/** The required part of a request for a tool call. */
export interface ToolCallRequest {
  readonly toolCall: ToolCall;
  /** Undefined for a tool that the agent does not have. */
  readonly tool: unknown;
  readonly runtime?: { readonly signal?: AbortSignal | undefined } | undefined;
  /** What the agent knows: the messages so far tell its runs apart. */
  readonly state?: { readonly messages?: unknown } | undefined;
}

/** The required part of a request for a model call. */
export interface ModelRequest {
  readonly tools?: readonly unknown[] | undefined;
}

/** The middleware, for the `middleware` of `createAgent`. */
export interface ToolfuseMiddleware {
  readonly name: 'toolfuse';
  wrapToolCall<Request extends ToolCallRequest, Result>(
    request: Request,
    handler: (request: Request) => Result | PromiseLike<Result>,
  ): Promise<Result | ToolMessage>;
  wrapModelCall?<Request extends ModelRequest, Result>(
    request: Request,
    handler: (request: Request) => Result,
  ): Result;
  readonly beforeModel?: {
    readonly canJumpTo: ['end'];
    readonly hook: () => { jumpTo: 'end'; messages: [AIMessage] } | undefined;
  };
}

const rules: Rules<keyof ToolfuseMiddlewareOptions> = {
  registry: aRegistry,
  errors: oneOf(['message', 'throw']),
  hideOpen: trueOrFalse,
  onPause: oneOf(['end', 'ignore']),
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
};

/**
 * Makes a middleware for agents of LangChain that guards every tool. Put it last in the list, closest to the tools: behind a
 * middleware that retries, use `errors: 'throw'`, so that each attempt counts and the refusal ends the retrying.
 *
 * - A refused call is answered with a `ToolMessage` that tells the model that the call did not run, why, and when to try again.
 * - Interrupts, commands, bad arguments and unknown tools are not failures, and an abort never counts; a time limit does.
 *
 * @example
 * const agent = createAgent({ model, tools, middleware: [toolfuseMiddleware({ registry })] });
 *
 * @throws TypeError for an unknown option or a missing registry, RangeError for an invalid value.
 */
export function toolfuseMiddleware(options: ToolfuseMiddlewareOptions): ToolfuseMiddleware {
  const given = checkAdapterOptions<ToolfuseMiddlewareOptions>(options, rules, 'toolfuseMiddleware');
  const { registry, errors = 'message', hideOpen = false, onPause = 'end' } = given;
  const circuitOf = given.toolName ?? ((name: string) => name);

  const ask = (request: ToolCallRequest): Permit | Denial => {
    const { name: tool, args } = request.toolCall;
    const { name, needs } = callCircuit(given, tool, args, [request], lastOfUser(request.state?.messages));
    return registry.tryAcquire(name, needs);
  };
  const isGuarded = (tool: unknown): boolean =>
    isObject(tool) && typeof tool.invoke === 'function' && isGuardedBy(tool.invoke, registry);

  return {
    name: 'toolfuse',

    async wrapToolCall(request, handler) {
      const { toolCall, tool, runtime } = request;
      const signal = runtime?.signal;
      // LangChain answers the call of an unknown tool itself, and ends an aborted run.
      if (tool === undefined || signal?.aborted || isGuarded(tool)) return await handler(request);
      const permit = ask(request);
      if (!permit.admitted) return refusalMessage(permit, toolCall);
      try {
        const answer = await permittedCall(permit, () => handler(request), { signal, ...endings });
        return correctedMessage(answer, permit.correction);
      } catch (error) {
        if (errors === 'throw' || signal?.aborted || isBubbleUp(error)) throw error;
        return correctedMessage(errorMessage(toolCall, errorWords(error)), permit.correction);
      }
    },

    ...(hideOpen && {
      wrapModelCall(request, handler) {
        const nameOf = (tool: unknown): string | undefined =>
          isObject(tool) && typeof tool.name === 'string' ? circuitOf(tool.name) : undefined;
        const { tools = [] } = request;
        const available = new Set(
          registry.availableTools(tools.map(nameOf).filter((name) => name !== undefined)),
        );
        const left = tools.filter((tool) => {
          const name = nameOf(tool);
          return name === undefined || available.has(name);
        });
        return handler(left.length < tools.length ? { ...request, tools: left } : request);
      },
    }),

    ...(onPause === 'end' && {
      beforeModel: {
        canJumpTo: ['end'],
        hook: () => {
          const { isPaused, reason } = registry.recovery();
          if (!isPaused) return undefined;
          // Without a message of the model, the run would end with the message of a tool.
          return { jumpTo: 'end', messages: [new AIMessage(`Stopped. ${reason}`)] };
        },
      },
    }),
  };
}
