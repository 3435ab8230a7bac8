import { maxTimerMs } from '../../machines/backoff.ts';
import { provesLife } from './call-evidence.ts';
import type { McpClientOptions } from './guard-client.ts';
import { type CallParams, type CallsOfClient, GuardedCall, type RequestOptions } from './guarded-call.ts';

type ListTools = (...args: unknown[]) => Promise<{ tools: { name: string }[] }>;

/** A server that leaves a further request unanswered this long counts as hung. */
const maxLifeSignMs = 5_000;

/** Guards the calls of one client, whatever its version. */
export class ClientGuard {
  readonly #options: McpClientOptions;
  readonly #calls: CallsOfClient;
  readonly #askForLife: (timeoutMs: number) => Promise<unknown>;
  #lifeSign: Promise<boolean> | undefined;

  /** @param askForLife Asks the server for anything that costs it nothing. */
  constructor(options: McpClientOptions, askForLife: (timeoutMs: number) => Promise<unknown>) {
    const { registry, server, resultErrors, run, denied } = options;
    this.#options = options;
    this.#askForLife = askForLife;
    this.#calls = {
      registry,
      server,
      resultErrors,
      run,
      denied,
      isAlive: (timeoutMs) => this.#isAlive(timeoutMs),
    };
  }

  /** Makes a call whose options were passed to the client, with our time limit if they have none. */
  call(
    params: CallParams,
    options: RequestOptions | undefined,
    make: (options: RequestOptions | undefined, guardedCall: GuardedCall) => Promise<unknown>,
  ): Promise<unknown> {
    const given = this.#withTimeout(options);
    const call = new GuardedCall(this.#calls, params, this.#circuitOf(params.name));
    // The client rejects such a call itself, and no circuit needs to know.
    if (given?.signal?.aborted) return make(given, call);
    return call.make(() => make(given, call), given);
  }

  /** Notes which tools the server lists, and leaves open ones out if it is asked to. */
  guardListTools(listTools: ListTools): ListTools {
    return async (...args) => {
      const result = await listTools(...args);
      if (!Array.isArray(result?.tools)) return result;
      const circuits = result.tools.map(({ name }) => this.#circuitOf(name));
      const { registry, server, hideOpen } = this.#options;
      registry.declareTools([server, ...circuits]);
      if (!hideOpen) return result;
      const available = new Set(registry.availableTools([server, ...circuits]));
      const tools = result.tools.filter(
        (_, index) => available.has(server) && available.has(circuits[index] as string),
      );
      return { ...result, tools };
    };
  }

  #circuitOf(tool: string): string {
    return this.#options.toolName?.(tool) ?? tool;
  }

  #withTimeout(options: RequestOptions | undefined): RequestOptions | undefined {
    const { timeoutMs } = this.#options;
    if (timeoutMs === undefined || options?.timeout !== undefined) return options;
    return { ...options, timeout: Math.min(timeoutMs, maxTimerMs) };
  }

  /** Whether the server gives a sign of life. Calls that time out together share one question. */
  #isAlive(timeoutMs: number): Promise<boolean> {
    this.#lifeSign ??= this.#askForLife(Math.min(timeoutMs, maxLifeSignMs))
      .then(() => true, provesLife)
      .finally(() => {
        this.#lifeSign = undefined;
      });
    return this.#lifeSign;
  }
}
