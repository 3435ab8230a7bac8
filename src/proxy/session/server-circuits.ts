import {
  type CircuitState,
  type Clock,
  createToolRegistry,
  type Denial,
  type LoopOptions,
  type Mode,
  type Permit,
  type ToolConfig,
  type ToolRegistry,
} from 'toolfuse';
import type { Message } from '../wire/message.ts';
import type { ToolHints } from './tool-hints.ts';

/** The settings of a proxy's circuits. */
export interface ServerCircuitsOptions {
  /** The name of the server's own circuit. */
  readonly server: string;
  /** How many sessions, each with a run of the server, can have a circuit at a time. Default 1. */
  readonly maxSessions?: number;
  /** The settings of every circuit. */
  readonly circuit: ToolConfig;
  /** Settings of single tools, by name. */
  readonly tools: Readonly<Record<string, ToolConfig>>;
  /** Settings of the server's circuit. */
  readonly serverCircuit: ToolConfig;
  /** Whether the circuits refuse calls or only observe. Default `enforce`. */
  readonly mode?: Mode;
  /** Whether each session is guarded against loops, and how. Default: none is. */
  readonly loops?: boolean | LoopOptions;
  /** The circuits of an earlier process, as `registry.persist()` wrote them. */
  readonly restore?: string;
  readonly clock?: Clock;
}

/** How soon a call is worth another try while the server is being started, in ms. */
const startMs = 1_000;

/** A denial that names an earlier time: a server that is being started is back long before its probe would be given up. */
function soonBack(denial: Denial): Denial {
  const { retryAfterMs, retryAt } = denial;
  if (retryAfterMs === null || retryAt === null || retryAfterMs <= startMs) return denial;
  return { ...denial, retryAfterMs: startMs, retryAt: retryAt - retryAfterMs + startMs };
}

/** The circuits of a server's tools, which all sessions share, and the circuits of the server itself, one for each session. */
export class ServerCircuits {
  readonly registry: ToolRegistry;
  /** The name of the server's circuit in the first session. */
  readonly server: string;
  readonly #names: readonly string[];
  /** The sessions, by the indices of their circuits' names. A free index is used again. */
  readonly #sessions: (SessionCircuits | undefined)[] = [];
  /** Whether the first circuit was ever used: until then it may hold the restored state of an earlier process. */
  #isFirstUsed = false;
  readonly #areLoopsGuarded: boolean;
  #lastRun = 0;

  constructor(options: ServerCircuitsOptions) {
    const { server, maxSessions = 1, circuit, tools, serverCircuit, restore, clock } = options;
    const { mode = 'enforce', loops = false } = options;
    this.server = server;
    this.#names = Array.from({ length: maxSessions }, (_, place) =>
      place === 0 ? server : `${server}#${place + 1}`,
    );
    const runs = this.#names.map((name, place) => {
      const probe = (): Promise<void> | undefined => this.#sessions[place]?.revive();
      return [name, { ...serverCircuit, probe }];
    });
    this.#areLoopsGuarded = loops !== false;
    this.registry = createToolRegistry({
      mode,
      loops,
      circuit,
      tools: { ...tools, ...Object.fromEntries(runs) },
      ...(restore !== undefined && { restore }),
      ...(clock !== undefined && { clock }),
    });
  }

  /**
   * The circuits for a new session.
   *
   * @param revive Checks that its server runs, or starts it again.
   * @param runOf Which run of an agent a request belongs to, where several share the session. Default: the session is one run.
   * @param hints What the server says its tools do.
   * @throws Error if there are too many sessions.
   */
  open(
    revive: () => Promise<void>,
    { runOf, hints }: { readonly runOf?: RunOf | undefined; readonly hints?: ToolHints | undefined } = {},
  ): SessionCircuits {
    const place = this.#names.findIndex((_, each) => this.#sessions[each] === undefined);
    const server = this.#names[place];
    if (server === undefined) throw new Error(`there are ${this.#names.length} sessions already`);
    if (place > 0 || this.#isFirstUsed) this.registry.reset(server);
    this.#isFirstUsed = true;
    const onClose = (): void => {
      this.#sessions[place] = undefined;
    };
    const session = new SessionCircuits({
      registry: this.registry,
      server,
      run: this.#areLoopsGuarded && runOf === undefined ? `session ${++this.#lastRun}` : undefined,
      runOf: this.#areLoopsGuarded ? runOf : undefined,
      isOfServer: (name) => this.#names.includes(name),
      isDestructive: (tool) => hints?.isDestructive(tool) === true,
      revive,
      onClose,
    });
    this.#sessions[place] = session;
    return session;
  }

  stop(): void {
    this.registry.stop();
  }
}

/** The name of the agent's run that a request belongs to; undefined where nothing says so. */
type RunOf = (request: Message) => string | undefined;

interface SessionCircuitsOptions {
  readonly registry: ToolRegistry;
  readonly server: string;
  /** The name of the agent's run, which the session is; undefined for none that is guarded against loops. */
  readonly run: string | undefined;
  readonly runOf: RunOf | undefined;
  readonly isOfServer: (name: string) => boolean;
  /** Whether a tool may destroy something. */
  readonly isDestructive: (tool: string) => boolean;
  readonly revive: () => Promise<void>;
  readonly onClose: () => void;
}

/** What a call says besides its tool. */
interface CallNeeds {
  readonly key?: string | number | undefined;
  /** The run of an agent that makes it, and what it is called with. */
  readonly run?: string | undefined;
  readonly input?: unknown;
}

/** The circuits as one session sees them: those of the tools, behind the circuit of its own server. */
export class SessionCircuits {
  readonly revive: () => Promise<void>;
  /** Whether a name belongs to a circuit of the server. Such a circuit never guards a tool. */
  readonly isOfServer: (name: string) => boolean;
  readonly #registry: ToolRegistry;
  readonly #server: string;
  readonly #run: string | undefined;
  readonly #runOf: RunOf;
  readonly #isDestructive: (tool: string) => boolean;
  readonly #onClose: () => void;
  #isOver = false;

  constructor(options: SessionCircuitsOptions) {
    const { registry, server, run, runOf = () => run, isOfServer, isDestructive, revive, onClose } = options;
    this.#isDestructive = isDestructive;
    this.#run = run;
    this.#runOf = runOf;
    this.#registry = registry;
    this.#server = server;
    this.isOfServer = isOfServer;
    this.revive = revive;
    this.#onClose = onClose;
  }

  /** The session is over. What its server still does must not touch the circuit's next user. */
  close(): void {
    this.#isOver = true;
    if (this.#run !== undefined) this.#registry.run(this.#run).end();
    this.#onClose();
  }

  /** Whether the session is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The run of an agent, guarded against loops, that a request belongs to: what is called, and what comes back, then matters. */
  runOf(request: Message): string | undefined {
    return this.#runOf(request);
  }

  /** A permit for a call of a tool, or why there is none. */
  tryAcquire(tool: string, { key, run, input }: CallNeeds = {}): Permit | Denial {
    const before = this.#state;
    const asked = this.#registry.tryAcquire(tool, {
      upstream: this.#server,
      ...(key !== undefined && { key }),
      ...(run !== undefined && { run, input }),
    });
    // After an outage, the proxy asks the server whether it is there: that costs nothing, and a call that destroys something can wait for it.
    const isFirst = asked.admitted && (before === 'open' || before === 'halfOpen');
    if (isFirst && this.#isDestructive(tool)) {
      asked.release();
      return this.#untilAsked(tool, asked.key);
    }
    const isStarting = !asked.admitted && asked.upstream !== null && this.#state === 'halfOpen';
    return isStarting ? soonBack(asked) : asked;
  }

  /** Refuses a call until the server has been asked whether it is there. */
  #untilAsked(tool: string, key: string | null): Denial {
    const { clock } = this.#registry;
    return {
      admitted: false,
      tool,
      key,
      reason: 'upstream',
      kind: 'unreachable',
      upstream: this.#server,
      retryAfterMs: startMs,
      retryAt: clock.wallNow() + startMs,
      probing: true,
      lastErrorCategory: this.#registry.diagnostics(this.#server)?.lastErrorCategory ?? null,
      lastError: null,
      alternatives: [],
    };
  }

  /** Whether a request may start the server. While its circuit is open, the circuit alone decides when to try. */
  get mayStart(): boolean {
    return this.#state === 'closed' || this.#state === 'disabled' || this.#state === 'halfOpen';
  }

  /** The server failed outside any call: it ended, or could not be reached. */
  serverFailed(why: string): void {
    if (this.#isOver) return;
    this.#registry.recordFailure(this.#server, Object.assign(new Error(why), { code: 'ECONNRESET' }));
  }

  /** The server answered something other than a tool call. If it was in doubt, this shows that it is alive. */
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
