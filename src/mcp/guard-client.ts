import { CircuitOpenError, type Denial, type Permit, type ToolRegistry } from 'toolfuse';
import { maxTimerMs } from '../../machines/backoff.ts';
import { callEvidence, provesLife } from './call-evidence.ts';
import { deniedResult } from './denied-result.ts';
import { checkOptions, type McpGuardOptions } from './options.ts';
import { resultFailure } from './result-errors.ts';

/** What `guardMcpClient` takes. */
export interface McpClientOptions extends McpGuardOptions {
  /** The name of the server's circuit, which all its tools depend on. */
  readonly server: string;
  /**
   * The time limit of calls that name none, in ms. A call that names its own `timeout` keeps it. Default: the SDK's, 60 s.
   */
  readonly timeoutMs?: number;
  /**
   * Whether `listTools` leaves out the tools that cannot be called now. Default false: a list that changes costs a model's
   * prompt cache, and a call of an open tool is refused anyway.
   */
  readonly hideOpen?: boolean;
  /**
   * What a refused call gives. Default `result`: an `isError` result, which whoever calls tools of MCP hands to the model
   * already. `throw`: a `CircuitOpenError`.
   */
  readonly denied?: 'result' | 'throw';
}

/** What is needed of a client: the SDK's `Client` has it, in every version. */
export interface GuardableClient {
  callTool(...args: never[]): Promise<unknown>;
  listTools(...args: never[]): Promise<unknown>;
  ping(...args: never[]): Promise<unknown>;
}

interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** The same, as it is called here. */
interface Client {
  callTool(params: { name: string }, schema?: unknown, options?: RequestOptions): Promise<unknown>;
  listTools(...args: unknown[]): Promise<{ tools: { name: string }[] }>;
  ping(options?: RequestOptions): Promise<unknown>;
}

const sdkTimeoutMs = 60_000;

/** Whoever does not answer a ping for so long will not be called alive. */
const longestPingMs = 5_000;

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
      // The client refuses it as it always did, and no circuit needs to know.
      if (given?.signal?.aborted) return callTool(params, schema, given);
      const leave = this.#ask(params.name);
      if (!leave.admitted) return this.#refuse({ ...leave, tool: params.name });
      try {
        const result = await callTool(params, schema, given);
        const failure = resultFailure(result, this.#options.resultErrors);
        if (failure === null) leave.success();
        else leave.failure(failure, { roundTrip: true });
        return result;
      } catch (error) {
        await this.#judge(leave, error, given);
        throw error;
      }
    };
  }

  guardListTools(listTools: Client['listTools']): Client['listTools'] {
    return async (...args) => {
      const result = await listTools(...args);
      const circuits = result.tools.map(({ name }) => this.#circuitOf(name));
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
    // A model may call a tool by the name of the server: no circuit depends on itself.
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

  /** Says of a call that was rejected whom it is evidence against, before its caller hears of it. */
  async #judge(permit: Permit, error: unknown, options: RequestOptions | undefined): Promise<void> {
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

  /** Whether the server answers at all. Calls that time out together ask once. */
  #isAlive(timeoutMs: number): Promise<boolean> {
    this.#pinging ??= this.#ping({ timeout: Math.min(timeoutMs, longestPingMs) })
      .then(() => true, provesLife)
      .finally(() => {
        this.#pinging = undefined;
      });
    return this.#pinging;
  }
}

/**
 * Puts circuits before a client of the official SDK, in place, and gives it back: every call of `callTool` needs leave of
 * the tool's circuit and of the server's. Nothing else changes; `connect` and reconnecting stay with the caller, and calls
 * of the experimental tasks are not guarded.
 *
 * - What cannot be reached counts against the server. So does a timeout, unless the server answers a ping: then it counts
 *   against the tool. The caller's own abort never counts.
 * - Whatever is answered proves that the server lives. An `isError` result counts against the tool, unless its words say
 *   that the caller was wrong.
 *
 * @throws TypeError or RangeError for options that cannot be meant; Error for a client that is guarded already.
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
  if (options.hideOpen) open.listTools = guard.guardListTools(open.listTools.bind(client));
  return client;
}
