import { CircuitOpenError, type Denial, type Permit, type ToolRegistry } from 'toolfuse';
import { maxTimerMs } from '../../machines/backoff.ts';
import { callEvidence, provesLife } from './call-evidence.ts';
import { deniedResult } from './denied-result.ts';
import { checkOptions, type McpGuardOptions } from './options.ts';
import { resultFailure } from './result-errors.ts';

/** Options of `guardMcpClient`. */
export interface McpClientOptions extends McpGuardOptions {
  /** The name of the server's circuit, on which all its tools depend. */
  readonly server: string;
  /**
   * The time limit of calls without their own `timeout`, in ms. Default: the SDK's, 60 s.
   */
  readonly timeoutMs?: number;
  /**
   * Whether `listTools` leaves out the tools that cannot be called now. Default false, because a changing list invalidates the
   * model's prompt cache, and calls of an open tool are refused anyway.
   */
  readonly hideOpen?: boolean;
  /**
   * How a refused call ends. `result` (default): it returns an `isError` result, which MCP clients pass to the model anyway.
   * `throw`: it throws a `CircuitOpenError`.
   */
  readonly denied?: 'result' | 'throw';
}

/** The required part of a client; the SDK's `Client` has it in every version. */
export interface GuardableClient {
  callTool(...args: never[]): Promise<unknown>;
  listTools(...args: never[]): Promise<unknown>;
  ping(...args: never[]): Promise<unknown>;
}

interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** The same part, with the types with which it is called here. */
interface Client {
  callTool(params: { name: string }, schema?: unknown, options?: RequestOptions): Promise<unknown>;
  listTools(...args: unknown[]): Promise<{ tools: { name: string }[] }>;
  ping(options?: RequestOptions): Promise<unknown>;
}

const sdkTimeoutMs = 60_000;

/** A server that leaves a ping unanswered this long counts as hung. */
const maxPingMs = 5_000;

const guarded = new WeakSet<object>();

class ClientGuard {
  readonly #registry: ToolRegistry;
  readonly #options: McpClientOptions;
  readonly #ping: Client['ping'];
  #pinging: Promise<boolean> | undefined;

  constructor(client: Client, options: McpClientOptions) {
    this.#registry = options.registry;
    this.#options = options;
    this.#ping = client.ping.bind(client);
  }

  guardCallTool(callTool: Client['callTool']): Client['callTool'] {
    return async (params, schema, options) => {
      const given = this.#withTimeout(options);
      // The client rejects such a call itself, and no circuit needs to know.
      if (given?.signal?.aborted) return callTool(params, schema, given);
      const permit = this.#ask(params.name);
      if (!permit.admitted) return this.#refuse({ ...permit, tool: params.name });
      try {
        const result = await callTool(params, schema, given);
        const failure = resultFailure(result, this.#options.resultErrors);
        if (failure === null) permit.success();
        else permit.failure(failure, { roundTrip: true });
        return result;
      } catch (error) {
        await this.#reportError(permit, error, given);
        throw error;
      }
    };
  }

  /** Notes which tools the server lists, and leaves open ones out if it is asked to. */
  guardListTools(listTools: Client['listTools']): Client['listTools'] {
    return async (...args) => {
      const result = await listTools(...args);
      if (!Array.isArray(result?.tools)) return result;
      const circuits = result.tools.map(({ name }) => this.#circuitOf(name));
      this.#registry.declareTools([this.#options.server, ...circuits]);
      if (!this.#options.hideOpen) return result;
      const available = new Set(this.#registry.availableTools([this.#options.server, ...circuits]));
      const isServerAvailable = available.has(this.#options.server);
      const tools = result.tools.filter(
        (_, index) => isServerAvailable && available.has(circuits[index] as string),
      );
      return { ...result, tools };
    };
  }

  #circuitOf(tool: string): string {
    return this.#options.toolName?.(tool) ?? tool;
  }

  #ask(tool: string): Permit | Denial {
    const { server } = this.#options;
    const circuit = this.#circuitOf(tool);
    // A model may call a tool that has the server's name, and a circuit must not depend on itself.
    return this.#registry.tryAcquire(circuit, circuit === server ? {} : { upstream: server });
  }

  #refuse(denial: Denial): unknown {
    if (this.#options.denied === 'throw') throw new CircuitOpenError(denial);
    return deniedResult(denial);
  }

  #withTimeout(options: RequestOptions | undefined): RequestOptions | undefined {
    const { timeoutMs } = this.#options;
    if (timeoutMs === undefined || options?.timeout !== undefined) return options;
    return { ...options, timeout: Math.min(timeoutMs, maxTimerMs) };
  }

  /** Reports a rejected call to the circuits that it is evidence against, before its caller gets the error. */
  async #reportError(permit: Permit, error: unknown, options: RequestOptions | undefined): Promise<void> {
    if (options?.signal?.aborted) {
      permit.failure('cancelled');
      return;
    }
    const evidence = callEvidence(error);
    if (evidence.kind === 'unsent') permit.release();
    else if (evidence.kind === 'other') permit.failure(error);
    else if (evidence.kind === 'answered') permit.failure(evidence.failure, { roundTrip: true });
    else {
      const roundTrip = await this.#isAlive(options?.timeout ?? sdkTimeoutMs);
      permit.failure(error, { roundTrip, timedOut: true });
    }
  }

  /** Whether the server answers a ping. Calls that time out together share one. */
  #isAlive(timeoutMs: number): Promise<boolean> {
    this.#pinging ??= this.#ping({ timeout: Math.min(timeoutMs, maxPingMs) })
      .then(() => true, provesLife)
      .finally(() => {
        this.#pinging = undefined;
      });
    return this.#pinging;
  }
}

/**
 * Guards a client of the official SDK in place, and returns it: every `callTool` needs permission from the tool's circuit and
 * the server's. Nothing else changes. Connecting and reconnecting stay with the caller, and calls of experimental tasks are
 * not guarded.
 *
 * - A call that cannot reach the server counts against the server. So does a timeout, unless the server answers a ping; then
 *   it counts against the tool. The caller's own abort never counts.
 * - Any answer proves that the server is up. An `isError` result counts against the tool, unless its text says that the
 *   caller was at fault.
 *
 * @example
 * const client = guardMcpClient(new Client({ name: 'agent', version: '1.0.0' }), { registry, server: 'github' });
 * await client.connect(transport);
 * const result = await client.callTool({ name: 'search', arguments: { query } });
 *
 * @throws TypeError or RangeError for invalid options, Error for a client that is already guarded.
 */
export function guardMcpClient<Guarded extends GuardableClient>(
  client: Guarded,
  options: McpClientOptions,
): Guarded {
  checkOptions(options, 'guardMcpClient', {
    needed: ['registry', 'server'],
    known: ['toolName', 'resultErrors', 'timeoutMs', 'hideOpen', 'denied'],
  });
  if (typeof (client as Partial<Client> | null)?.callTool !== 'function')
    throw new TypeError('guardMcpClient: client must be a Client of @modelcontextprotocol/sdk');
  if (guarded.has(client)) throw new Error('guardMcpClient: this client is guarded already');
  guarded.add(client);
  const open = client as unknown as Client;
  const guard = new ClientGuard(open, options);
  open.callTool = guard.guardCallTool(open.callTool.bind(client));
  if (typeof open.listTools === 'function')
    open.listTools = guard.guardListTools(open.listTools.bind(client));
  return client;
}
