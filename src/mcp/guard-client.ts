import { ClientGuard } from './client-guard.ts';
import type { CallParams, GuardedCall, RequestOptions } from './guarded-call.ts';
import { checkOptions, type McpGuardOptions } from './options.ts';
import { named, versionOfClient } from './sdk.ts';

/** Options of `guardMcpClient`. */
export interface McpClientOptions extends McpGuardOptions {
  /** The name of the server's circuit, on which all its tools depend. */
  readonly server: string;
  /**
   * The time limit of calls without their own `timeout`, in ms; if the server asks for an input, of each round. Default: the
   * SDK's, 60 s.
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
  request(...args: never[]): unknown;
  setRequestHandler(...args: never[]): void;
  getServerCapabilities(): unknown;
}

/** The same part, with the types with which it is called here. The two versions differ in the parameters of `callTool`. */
interface Client {
  callTool(params: CallParams, ...more: unknown[]): Promise<unknown>;
  listTools(...args: unknown[]): Promise<{ tools: { name: string }[] }>;
  ping(options?: RequestOptions): Promise<unknown>;
}

/** A request whose answer asks for an input, as version 2 of the SDK hands it to the method that gets the input. */
interface InputFlow {
  readonly request: { readonly params?: object };
  readonly retry: (...args: unknown[]) => Promise<unknown>;
}

/** What only a client of version 2 has. */
interface ModernClient extends Client {
  getProtocolEra(): 'legacy' | 'modern' | undefined;
  discover(options?: RequestOptions): Promise<unknown>;
  /** It asks the user, and repeats the request with the answer. Protected, but tests check it in the oldest and newest release. */
  _resolveNonCompleteResult?(answer: unknown, flow: InputFlow): Promise<unknown>;
}

const guarded = new WeakSet<object>();

/** Guards a client of version 1. */
function guardLegacyClient(client: Client, options: McpClientOptions): ClientGuard {
  const callTool = client.callTool.bind(client);
  const ping = client.ping.bind(client);
  const guard = new ClientGuard(options, (timeout) => ping({ timeout }));
  client.callTool = async (params, schema, options) =>
    guard.call(params, options as RequestOptions | undefined, (given) => callTool(params, schema, given));
  return guard;
}

/** Guards a client of version 2, whose connection may be of either era. */
function guardModernClient(client: ModernClient, options: McpClientOptions): ClientGuard {
  const callTool = client.callTool.bind(client);
  const resolve = client._resolveNonCompleteResult?.bind(client);
  /** The calls under way, by the parameters of their request, which are made anew for each call. */
  const calls = new WeakMap<object, GuardedCall>();
  const guard = new ClientGuard(options, (timeout) =>
    // The modern era has no pings.
    client.getProtocolEra() === 'modern' ? client.discover({ timeout }) : client.ping({ timeout }),
  );
  client.callTool = async (params, options) => {
    const own = { ...params };
    return guard.call(params, options as RequestOptions | undefined, (given, call) => {
      calls.set(own, call);
      return callTool(own, given);
    });
  };
  // Without it, a call is guarded as one round.
  if (resolve === undefined) return guard;
  client._resolveNonCompleteResult = (answer, flow) => {
    const { params } = flow.request;
    const call = params === undefined ? undefined : calls.get(params);
    if (call === undefined) return resolve(answer, flow);
    call.inputRequired();
    const retry: InputFlow['retry'] = (...args) => call.makeFurther(() => flow.retry(...args));
    return resolve(answer, { ...flow, retry });
  };
  return guard;
}

/**
 * Guards a client of the official SDK in place, and returns it: every `callTool` needs permission from the tool's circuit and
 * the server's. Nothing else changes. Connecting and reconnecting stay with the caller, and calls of experimental tasks are
 * not guarded.
 *
 * - A call that cannot reach the server counts against the server. So does a timeout, unless the server answers a ping (or
 *   `server/discover` in the modern era); then it counts against the tool. The caller's own abort never counts.
 * - Any answer proves that the server is up. An `isError` result counts against the tool, unless its text says that the
 *   caller was at fault. A JSON-RPC error -32603 is read by its words likewise.
 * - An answer that asks for an input counts neither for nor against the tool. Each round of such a call needs permission of its
 *   own, and the time that the user takes is not the tool's.
 *
 * @example
 * const client = guardMcpClient(new Client({ name: 'agent', version: '1.0.0' }), { registry, server: 'github' });
 * await client.connect(transport);
 * const result = await client.callTool({ name: 'search', arguments: { query } });
 *
 * @throws TypeError or RangeError for invalid options, TypeError for anything but a client of the SDK, Error for a client that is
 * already guarded.
 */
export function guardMcpClient<Guarded extends GuardableClient>(
  client: Guarded,
  options: McpClientOptions,
): Guarded {
  checkOptions(options, 'guardMcpClient', {
    needed: ['registry', 'server'],
    known: ['toolName', 'resultErrors', 'run', 'timeoutMs', 'hideOpen', 'denied'],
  });
  const version = versionOfClient(client);
  if (version === undefined) {
    throw new TypeError(
      'guardMcpClient: client must be a Client of @modelcontextprotocol/client 2, or of @modelcontextprotocol/sdk from 1.10, ' +
        `got ${named(client)}`,
    );
  }
  if (guarded.has(client)) throw new Error('guardMcpClient: this client is guarded already');
  guarded.add(client);
  const open = client as unknown as ModernClient;
  const guard = version === 2 ? guardModernClient(open, options) : guardLegacyClient(open, options);
  open.listTools = guard.guardListTools(open.listTools.bind(client));
  return client;
}
