import { type CallContext, CircuitOpenError, type ToolRegistry } from 'toolfuse';
import { deniedResult } from './denied-result.ts';
import { checkOptions, type McpGuardOptions } from './options.ts';
import { resultFailure } from './result-errors.ts';

/** What `guardMcpServer` takes. */
export interface McpServerOptions extends McpGuardOptions {
  /** After so long a handler is given up: its `extra.signal` aborts, and it counts as `timeout`. In ms. Default: no limit. */
  readonly timeoutMs?: number;
}

/** What is needed of a server: the SDK's `McpServer` has it, in every version. */
export interface GuardableServer {
  connect(...args: never[]): Promise<void>;
  tool(...args: never[]): unknown;
}

type Handler = (...args: unknown[]) => unknown;

/** A tool as the SDK keeps it. The field of its handler was called `callback` once. */
interface RegisteredTool {
  handler?: unknown;
  callback?: unknown;
}

type RegisteredTools = Record<string, RegisteredTool>;

const guarded = new WeakSet<object>();

class ServerGuard {
  readonly #registry: ToolRegistry;
  readonly #options: McpServerOptions;
  readonly #names = new WeakMap<RegisteredTool, string>();
  readonly #ours = new WeakSet<Handler>();

  constructor(options: McpServerOptions) {
    this.#registry = options.registry;
    this.#options = options;
  }

  /** Guards a tool under its name, which may be a new one. What its handler is set to later is guarded, too. */
  adopt(name: string, tool: RegisteredTool): void {
    const isKnown = this.#names.has(tool);
    this.#names.set(tool, name);
    if (isKnown) return;
    const field = 'handler' in tool ? 'handler' : 'callback';
    let handler = this.#guard(tool, tool[field]);
    Object.defineProperty(tool, field, {
      enumerable: true,
      configurable: true,
      get: () => handler,
      set: (next: unknown) => {
        handler = this.#guard(tool, next);
      },
    });
  }

  #guard(tool: RegisteredTool, handler: unknown): unknown {
    // The handlers of a task are an object; a call of it ends long before the task does.
    if (typeof handler !== 'function' || this.#ours.has(handler as Handler)) return handler;
    const ours: Handler = (...args) => this.#run(this.#names.get(tool) ?? '', handler as Handler, args);
    this.#ours.add(ours);
    return ours;
  }

  async #run(name: string, handler: Handler, args: unknown[]): Promise<unknown> {
    const { resultErrors, timeoutMs } = this.#options;
    const circuit = this.#options.toolName?.(name) ?? name;
    const signal = signalOf(args);
    let hasRun = false;
    const call = (context: CallContext): unknown => {
      hasRun = true;
      return handler(...(timeoutMs === undefined ? args : withSignal(args, context.signal)));
    };
    try {
      return await this.#registry.execute(circuit, call, {
        signal,
        timeoutMs,
        isFailure: (result) => resultFailure(result, resultErrors) ?? false,
      });
    } catch (error) {
      // One that the handler threw is of another circuit, and goes the way of every error.
      // By the name that the model knows.
      if (!hasRun && error instanceof CircuitOpenError) return deniedResult({ ...error.denial, tool: name });
      throw error;
    }
  }
}

/** The last argument of a handler is what the SDK knows of the request. */
const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  const { signal } = (args.at(-1) ?? {}) as { signal?: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
};

const withSignal = (args: readonly unknown[], signal: AbortSignal): unknown[] => [
  ...args.slice(0, -1),
  { ...(args.at(-1) as object), signal },
];

/**
 * Puts circuits before the tools of an `McpServer` of the official SDK, in place, and gives it back: those that are
 * registered already, and those that will be. A refused call gives an `isError` result; what a handler throws is
 * categorised, and goes on to the SDK as before. Arguments that do not fit the tool's schema never reach a circuit.
 *
 * What a tool depends on is said in the registry's settings: `tools: { search: { upstream: 'database' } }`. The handlers
 * of experimental tasks are not guarded.
 *
 * @throws TypeError or RangeError for options that cannot be meant; Error for a server that is guarded already.
 */
export function guardMcpServer<Guarded extends GuardableServer>(
  server: Guarded,
  options: McpServerOptions,
): Guarded {
  checkOptions(options, 'guardMcpServer', {
    needed: ['registry'],
    known: ['toolName', 'resultErrors', 'timeoutMs'],
  });
  if (guarded.has(server)) throw new Error('guardMcpServer: this server is guarded already');
  // Version 1 has no public list of the tools. A test holds this against the oldest and the newest of it.
  const inside = server as unknown as { _registeredTools?: RegisteredTools };
  const tools = (inside as typeof inside | null | undefined)?._registeredTools;
  if (typeof tools !== 'object' || tools === null) {
    throw new TypeError(
      'guardMcpServer: server must be an McpServer of @modelcontextprotocol/sdk, version 1',
    );
  }
  guarded.add(server);
  const guard = new ServerGuard(options);
  for (const [name, tool] of Object.entries(tools)) guard.adopt(name, tool);
  inside._registeredTools = new Proxy(tools, {
    set(target, name, tool: RegisteredTool) {
      if (typeof name === 'string') guard.adopt(name, tool);
      return Reflect.set(target, name, tool);
    },
  });
  return server;
}
