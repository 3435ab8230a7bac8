import {
  type CircuitState,
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
  /** So many runs of it can have a circuit at a time. Default 1. */
  readonly maxSessions?: number;
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

/** The circuits of a server's tools, which all sessions share; and one for each run of it, which is its session's own. */
export class ServerCircuits {
  readonly registry: ToolRegistry;
  /** The name of the circuit of the first run. */
  readonly server: string;
  readonly #names: readonly string[];
  /** The sessions by the places of their circuits. A place is taken again once it is free. */
  readonly #sessions: (SessionCircuits | undefined)[] = [];
  /** Whether the first place was ever taken: what was kept of it is of an earlier process. */
  #isFirstUsed = false;

  constructor(options: ServerCircuitsOptions) {
    const { server, maxSessions = 1, circuit, tools, serverCircuit, restore, clock } = options;
    this.server = server;
    this.#names = Array.from({ length: maxSessions }, (_, place) =>
      place === 0 ? server : `${server}#${place + 1}`,
    );
    const runs = this.#names.map((name, place) => {
      const probe = (): Promise<void> | undefined => this.#sessions[place]?.revive();
      return [name, { ...serverCircuit, probe }];
    });
    this.registry = createToolRegistry({
      circuit,
      tools: { ...tools, ...Object.fromEntries(runs) },
      ...(restore !== undefined && { restore }),
      ...(clock !== undefined && { clock }),
    });
  }

  /**
   * For a new session.
   *
   * @param revive Finds out whether its server runs, or starts it again.
   * @throws Error where there are too many.
   */
  open(revive: () => Promise<void>): SessionCircuits {
    const place = this.#names.findIndex((_, each) => this.#sessions[each] === undefined);
    const server = this.#names[place];
    if (server === undefined) throw new Error(`there are ${this.#names.length} sessions already`);
    if (place > 0 || this.#isFirstUsed) this.registry.reset(server);
    this.#isFirstUsed = true;
    const leave = (): void => {
      this.#sessions[place] = undefined;
    };
    const session = new SessionCircuits({
      registry: this.registry,
      server,
      isOfServer: (name) => this.#names.includes(name),
      revive,
      leave,
    });
    this.#sessions[place] = session;
    return session;
  }

  stop(): void {
    this.registry.stop();
  }
}

interface SessionCircuitsOptions {
  readonly registry: ToolRegistry;
  readonly server: string;
  readonly isOfServer: (name: string) => boolean;
  readonly revive: () => Promise<void>;
  readonly leave: () => void;
}

/** The circuits as a session has them: those of the tools, behind that of its own run of the server. */
export class SessionCircuits {
  readonly revive: () => Promise<void>;
  /** Whether a name is that of a circuit of the server: no tool is guarded by that. */
  readonly isOfServer: (name: string) => boolean;
  readonly #registry: ToolRegistry;
  readonly #server: string;
  readonly #leave: () => void;
  #isOver = false;

  constructor({ registry, server, isOfServer, revive, leave }: SessionCircuitsOptions) {
    this.#registry = registry;
    this.#server = server;
    this.isOfServer = isOfServer;
    this.revive = revive;
    this.#leave = leave;
  }

  /** The session is over: what comes of its server from now on is nothing to the next one in its place. */
  leave(): void {
    this.#isOver = true;
    this.#leave();
  }

  /** Whether the session is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  tryAcquire(tool: string): Permit | Denial {
    const asked = this.#registry.tryAcquire(tool, { upstream: this.#server });
    const isStarting = !asked.admitted && asked.upstream !== null && this.#state === 'halfOpen';
    return isStarting ? soonBack(asked) : asked;
  }

  /** Whether the server may be started by whoever needs it, since its circuit does not see to that by itself. */
  get mayStart(): boolean {
    return this.#state === 'closed' || this.#state === 'disabled' || this.#state === 'halfOpen';
  }

  /** What is known of it, in which no call had a part: it has ended, or could not be reached. */
  serverFailed(why: string): void {
    if (this.#isOver) return;
    this.#registry.recordFailure(this.#server, Object.assign(new Error(why), { code: 'ECONNRESET' }));
  }

  /** The server has answered something that is no tool call. It proves that it lives, which matters where that was in doubt. */
  serverAnswered(): void {
    if (this.#isOver) return;
    if (this.#state === 'open' || this.#state === 'halfOpen') this.#registry.recordSuccess(this.#server);
  }

  /** Whether a tool is to be offered now. */
  isAvailable(tool: string): boolean {
    return [this.#server, tool].every((name) => {
      const state = this.#registry.state(name);
      return state === 'open' ? this.#registry.remainingBackoffMs(name) === 0 : state !== 'isolated';
    });
  }

  get #state(): CircuitState {
    return this.#registry.state(this.#server);
  }
}
