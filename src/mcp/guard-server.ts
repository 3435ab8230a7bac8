import { type CallContext, CircuitOpenError, type ToolRegistry } from 'toolfuse';
import { show } from '../../machines/rule.ts';
import { corrected } from './corrected-result.ts';
import { deniedResult } from './denied-result.ts';
import { isInputRequired } from './input-required.ts';
import { checkOptions, type McpGuardOptions } from './options.ts';
import { resultFailure } from './result-errors.ts';
import { isMcpServer, named } from './sdk.ts';

/** Options of `guardMcpServer`. */
export interface McpServerOptions extends McpGuardOptions {
  /**
   * How long a handler may take, in ms. After that the signal of its context aborts and it counts as `timeout`. Default: no limit.
   */
  readonly timeoutMs?: number;
}

/** The required part of a server; the SDK's `McpServer` has it in every version. */
export interface GuardableServer {
  readonly server: object;
  connect(...args: never[]): Promise<void>;
  isConnected(): boolean;
  sendToolListChanged(): void;
}

type Handler = (...args: unknown[]) => unknown;

/**
 * The field of a stored tool that the SDK calls: version 2 has an executor around the handler, and in early versions the handler
 * was called `callback`.
 */
const calledFields = ['executor', 'handler', 'callback'] as const;

/** A tool as the SDK stores it. */
type RegisteredTool = Partial<Record<(typeof calledFields)[number], unknown>>;

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

  /** Guards a tool under its current name. Handlers that are set later are guarded, too. */
  adopt(name: string, tool: RegisteredTool): void {
    const isKnown = this.#names.has(tool);
    this.#names.set(tool, name);
    this.#registry.declareTools([this.#circuitOf(name)]);
    if (isKnown) return;
    const field = calledFields.find((each) => each in tool);
    if (field === undefined) throw new TypeError(`guardMcpServer: the tool ${show(name)} has no handler`);
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

  #circuitOf(tool: string): string {
    return this.#options.toolName?.(tool) ?? tool;
  }

  #guard(tool: RegisteredTool, handler: unknown): unknown {
    // The handlers of a task are an object, and a call to them ends long before the task does.
    if (typeof handler !== 'function' || this.#ours.has(handler as Handler)) return handler;
    const ours: Handler = (...args) => this.#run(this.#names.get(tool) ?? '', handler as Handler, args);
    this.#ours.add(ours);
    return ours;
  }

  async #run(name: string, handler: Handler, args: unknown[]): Promise<unknown> {
    const { resultErrors, run, timeoutMs } = this.#options;
    const circuit = this.#circuitOf(name);
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
        run,
        // A tool without a schema is given its context only.
        input: args.length > 1 ? args[0] : {},
        correct: (answer, correction) => {
          // What a handler throws may be undefined.
          if ('error' in answer) throw answer.error;
          return corrected(answer.result, correction);
        },
        isFailure: (result) =>
          isInputRequired(result) ? 'unfinished' : (resultFailure(result, resultErrors) ?? false),
      });
    } catch (error) {
      // A CircuitOpenError that the handler threw belongs to another circuit and is passed on like any error.
      // The denial names the tool as the model knows it.
      if (!hasRun && error instanceof CircuitOpenError) return deniedResult({ ...error.denial, tool: name });
      throw error;
    }
  }
}

/** What a handler knows of its request, in its last argument: version 2 has it in a field of its own. */
interface Context {
  readonly signal?: unknown;
  readonly mcpReq?: { readonly signal?: unknown };
}

const contextOf = (args: readonly unknown[]): Context => (args.at(-1) ?? {}) as Context;

const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  const { mcpReq, signal } = contextOf(args);
  const found = mcpReq?.signal ?? signal;
  return found instanceof AbortSignal ? found : undefined;
};

function withSignal(args: readonly unknown[], signal: AbortSignal): unknown[] {
  const context = contextOf(args);
  const { mcpReq } = context;
  const own = mcpReq === undefined ? { ...context, signal } : { ...context, mcpReq: { ...mcpReq, signal } };
  return [...args.slice(0, -1), own];
}

/**
 * Guards the tools of an `McpServer` of the official SDK in place, and returns it. Tools that are registered later are guarded
 * as well. A refused call returns an `isError` result; the errors of handlers are categorised and then reach the SDK as
 * before. Calls with arguments that do not match the tool's schema never reach a circuit, and a handler that asks for an input
 * (`inputRequired`) counts neither as a success nor as a failure.
 *
 * The registry's settings say what a tool depends on: `tools: { search: { upstream: 'database' } }`. The handlers of
 * experimental tasks are not guarded.
 *
 * @example
 * const server = guardMcpServer(new McpServer({ name: 'notes', version: '1.0.0' }), { registry, timeoutMs: 10_000 });
 * server.registerTool('search', { inputSchema }, async ({ query }) => search(query));
 *
 * @example Where version 2 makes a server for each request or connection, they share one registry.
 * const handler = createMcpHandler(() => guardMcpServer(makeServer(), { registry }));
 *
 * @throws TypeError or RangeError for invalid options, TypeError for anything but an McpServer of the SDK, Error for a server that
 * is already guarded.
 */
export function guardMcpServer<Guarded extends GuardableServer>(
  server: Guarded,
  options: McpServerOptions,
): Guarded {
  checkOptions(options, 'guardMcpServer', {
    needed: ['registry'],
    known: ['toolName', 'resultErrors', 'run', 'timeoutMs'],
  });
  if (!isMcpServer(server)) {
    throw new TypeError(
      'guardMcpServer: server must be an McpServer of @modelcontextprotocol/server 2, or of @modelcontextprotocol/sdk from 1.10, ' +
        `got ${named(server)}`,
    );
  }
  if (guarded.has(server)) throw new Error('guardMcpServer: this server is guarded already');
  guarded.add(server);
  const inside = server as unknown as { _registeredTools: RegisteredTools };
  const tools = inside._registeredTools;
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
