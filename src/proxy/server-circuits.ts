import {
  type Clock,
  createToolRegistry,
  type Denial,
  type Permit,
  type ToolConfig,
  type ToolRegistry,
} from 'toolfuse';

/** What the circuits of a proxy are made of. */
export interface ServerCircuitsOptions {
  /** The name of the server's own circuit. */
  readonly server: string;
  /** The settings of every circuit. */
  readonly circuit: ToolConfig;
  /** Settings of single tools, by name. */
  readonly tools: Readonly<Record<string, ToolConfig>>;
  /** Settings of the server's circuit. */
  readonly serverCircuit: ToolConfig;
  readonly restore?: string;
  readonly clock?: Clock;
}

/** While a server is being started, it is worth a call again so soon: it may be there any moment. */
const startMs = 1_000;

/** A server that is being started is back long before its probe would be given up. */
function soonBack(denial: Denial): Denial {
  const { retryAfterMs, retryAt } = denial;
  if (retryAfterMs === null || retryAt === null || retryAfterMs <= startMs) return denial;
  return { ...denial, retryAfterMs: startMs, retryAt: retryAt - retryAfterMs + startMs };
}

/** One circuit for the server, and one for each of its tools, which depend on it. */
export class ServerCircuits {
  readonly registry: ToolRegistry;
  readonly #server: string;
  /** How each session finds out whether its server runs, or starts it again. */
  readonly #revivals = new Set<(signal: AbortSignal) => Promise<void>>();

  constructor({ server, circuit, tools, serverCircuit, restore, clock }: ServerCircuitsOptions) {
    this.#server = server;
    this.registry = createToolRegistry({
      circuit,
      tools: {
        ...tools,
        [server]: { ...serverCircuit, probe: ({ signal }) => this.#revive(signal) },
      },
      ...(restore !== undefined && { restore }),
      ...(clock !== undefined && { clock }),
    });
  }

  get server(): string {
    return this.#server;
  }

  tryAcquire(tool: string): Permit | Denial {
    const asked = this.registry.tryAcquire(tool, { upstream: this.#server });
    const isStarting =
      !asked.admitted && asked.upstream !== null && this.registry.state(this.#server) === 'halfOpen';
    return isStarting ? soonBack(asked) : asked;
  }

  /** What is known of it, in which no call had a part: it has ended, or could not be reached. */
  serverFailed(why: string): void {
    this.registry.recordFailure(this.#server, Object.assign(new Error(why), { code: 'ECONNRESET' }));
  }

  /** The server has answered something that is no tool call. It proves that it lives, which matters where that was in doubt. */
  serverAnswered(): void {
    const state = this.registry.state(this.#server);
    if (state === 'open' || state === 'halfOpen') this.registry.recordSuccess(this.#server);
  }

  /** Whether a tool is to be offered now. */
  isAvailable(tool: string): boolean {
    return this.registry.availableTools([this.#server, tool]).length === 2;
  }

  /** @returns a function that takes it back. */
  onRevive(revive: (signal: AbortSignal) => Promise<void>): () => void {
    this.#revivals.add(revive);
    return () => this.#revivals.delete(revive);
  }

  stop(): void {
    this.registry.stop();
  }

  /** It lives where one session has found it alive; one without any session says nothing against it. */
  async #revive(signal: AbortSignal): Promise<void> {
    const revivals = [...this.#revivals].map((revive) => revive(signal));
    if (revivals.length > 0) await Promise.any(revivals).catch(firstReason);
  }
}

function firstReason(error: AggregateError): never {
  throw error.errors[0];
}
