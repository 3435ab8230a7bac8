import { CircuitOpenError, type ToolRegistry } from 'toolfuse';
import { aFunction, oneOf, type Rules } from '../../machines/rule.ts';
import { answerFailure } from '../tools/answer-failure.ts';
import { aRun, type CircuitOptions, callCircuit } from '../tools/call-circuit.ts';
import { callSignal } from '../tools/call-signal.ts';
import { correctedAnswer } from '../tools/corrected-answer.ts';
import { isGuardedBy, markGuarded } from '../tools/guarded.ts';
import { anUpstream, aRegistry, checkAdapterOptions } from '../tools/options.ts';
import { connectedStandIn } from '../tools/stand-in.ts';
import { type AnyFunction, isFunction, isObject } from '../tools/tool.ts';
import { wordsOf } from './errors-in-words.ts';

/** Options of `guardMcpServers`. */
export interface GuardMcpServersOptions extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /**
   * The circuit that the tools depend on in addition to their own, or a function that returns it for the name of a tool. Default:
   * the name of the server.
   */
  readonly upstream?: CircuitOptions['upstream'];
  /**
   * How the error of a call ends it. `message` (default): the model reads its words. `throw`: it is thrown on, for the
   * `errorFunction` of the server or the agent; without one, the model reads "Please try again.". A refusal is always a message.
   */
  readonly errors?: 'message' | 'throw' | undefined;
}

/** The required part of a server. */
export interface GuardableServer {
  readonly name: string;
  callTool(...args: never[]): Promise<unknown>;
}

const rules: Rules<keyof GuardMcpServersOptions> = {
  registry: aRegistry,
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
  errors: oneOf(['message', 'throw']),
};

/** The functions of a server that call a tool: one returns the content of a result, the other the whole result. */
const callers = ['callTool', 'callToolResult'] as const;

/**
 * Guards MCP servers of OpenAI Agents: each call needs permission from the circuits of its tool and of its server. The servers
 * returned work like the given ones, which stay as they are.
 *
 * @example
 * const agent = new Agent({ name: 'researcher', mcpServers: guardMcpServers([github, files], { registry }) });
 *
 * @throws TypeError for an unknown option, a missing registry or a value that is not a server; RangeError for an invalid value.
 */
export function guardMcpServers<Server extends GuardableServer>(
  servers: readonly Server[],
  options: GuardMcpServersOptions,
): Server[] {
  const given = checkAdapterOptions<GuardMcpServersOptions>(options, rules, 'guardMcpServers');
  if (!Array.isArray(servers)) throw new TypeError('guardMcpServers: servers must be an array of servers');
  return servers.map((server: Server) => guardServer(server, given));
}

function guardServer<Server extends GuardableServer>(
  server: Server,
  { registry, toolName, run, upstream = server.name, errors = 'message' }: GuardMcpServersOptions,
): Server {
  if (!isObject(server) || !isFunction(server.callTool))
    throw new TypeError('guardMcpServers: a server must have a function callTool');
  if (isGuardedBy(server.callTool, registry)) return server;

  const guardedCaller = (fn: AnyFunction, caller: (typeof callers)[number]): AnyFunction => {
    const answer = (text: string): unknown => {
      const content = [{ type: 'text', text }];
      return caller === 'callTool' ? content : { isError: true, content };
    };
    return async (...args) => {
      const [tool, input] = args;
      const { name, needs } = callCircuit({ toolName, run, upstream }, String(tool), input, args);
      const signal = callSignal(args);
      try {
        const options = { ...needs, signal, isFailure: failureIn, correct: correctedAnswer };
        return await registry.execute(name, () => fn.apply(server, args), options);
      } catch (error) {
        const isThrown = errors === 'throw' || signal?.aborted;
        if (isThrown && !(error instanceof CircuitOpenError)) throw error;
        return answer(wordsOf(error));
      }
    };
  };
  const replaced: Record<string, AnyFunction> = {};
  for (const caller of callers) {
    const fn: unknown = Reflect.get(server, caller);
    if (isFunction(fn)) replaced[caller] = markGuarded(guardedCaller(fn, caller), registry, fn);
  }
  return connectedStandIn(server, replaced);
}

/** What failed according to an answer. The SDK keeps whether it is an error as a field of the content. */
function failureIn(answer: unknown): ReturnType<typeof answerFailure> {
  if (!Array.isArray(answer)) return answerFailure(answer);
  const { isError } = answer as { isError?: unknown };
  return answerFailure({ isError, content: answer });
}
