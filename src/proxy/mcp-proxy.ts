import { recordCalls } from 'toolfuse';
import type { CircuitHistory } from '../inspect/history/circuit-history.ts';
import { AbsentTools } from './absent-tools.ts';
import type { Client } from './client/client.ts';
import { ProxyLog } from './log.ts';
import { memoryOf } from './memory/proxy-memory.ts';
import type { ServerMemory } from './memory/server-memory.ts';
import { OpenSessions } from './open-sessions.ts';
import { checkFile } from './options/check-file.ts';
import type { Address } from './options/kinds.ts';
import type { ProxyOptions } from './options/read.ts';
import { behaviourSettings, callSettings } from './options/settings.ts';
import { ToolOptions } from './options/tool-options.ts';
import { makeCircuits, startTimeoutOf } from './proxy-circuits.ts';
import { joinProxyFleet } from './proxy-fleet.ts';
import { reportTo, type Telemetry } from './proxy-telemetry.ts';
import { RecordFile } from './record/record-file.ts';
import { connectorOf } from './server/connector.ts';
import type { EarlyServer } from './server/early-server.ts';
import type { Connect } from './server/server-connection.ts';
import type { StartReason } from './server/server-link.ts';
import { serverName } from './server-name.ts';
import type { FailurePatterns } from './session/failure-patterns.ts';
import type { ServerCircuits } from './session/server-circuits.ts';
import { Session } from './session/session.ts';
import { ToolHints } from './session/tool-hints.ts';
import { ProxyState } from './state/proxy-state.ts';
import { circuitsOf, type ProxyStatus } from './status/proxy-status.ts';
import { serveInspection } from './status/serve-inspection.ts';
import { serveStatus } from './status/serve-status.ts';
import type { RequestTelemetry } from './steps/request-spans.ts';
import { type SessionStepsOptions, sessionSteps } from './steps/session-steps.ts';

/** A server that leaves a ping unanswered this long counts as hung. */
const maxPingMs = 5_000;

/** The longest message that is passed on, in bytes. */
const maxBytesOf = ({ maxMessageMb = 32 }: ProxyOptions): number => maxMessageMb * 1024 * 1024;

/** What a proxy needs of the process around it. */
export interface ProxyHost {
  readonly writeLog: (line: string) => void;
  readonly isTerminal: boolean;
  /** The server, where it was started before the proxy was loaded. */
  readonly server?: EarlyServer | undefined;
  /** OpenTelemetry, where it is started. */
  readonly telemetry?: Telemetry | undefined;
  /** What failures look like that servers do not call so; undefined for none. */
  readonly patterns?: FailurePatterns | undefined;
}

/** The circuits of one server, and the sessions of its clients. */
export class McpProxy {
  readonly circuits: ServerCircuits;
  readonly log: ProxyLog;
  readonly maxMessageBytes: number;
  readonly #options: ProxyOptions;
  readonly #name: string;
  readonly #startedAt = new Date().toISOString();
  readonly #connect: Connect;
  readonly #patterns: FailurePatterns | undefined;
  readonly #tools: ToolOptions;
  readonly #hints = new ToolHints();
  readonly #memory: ServerMemory | undefined;
  readonly #history: CircuitHistory;
  #isNoRunTold = false;
  readonly #sessions = new OpenSessions();
  readonly #stops: (() => void)[] = [];
  readonly #endings: (() => void | Promise<void>)[] = [];
  readonly #absentTools: AbsentTools;
  #inspectorUrl: string | null = null;
  #admin: ProxyStatus['admin'] = null;
  #isEnding = false;
  readonly #telemetry: RequestTelemetry | undefined;
  readonly #starts: Record<StartReason, number> = { session: 0, lost: 0, hung: 0 };
  #leaveFleet: (() => Promise<void>) | undefined;

  /** @throws UsageError for options that contradict each other, or files that cannot be used. */
  static async make(options: ProxyOptions, host: ProxyHost): Promise<McpProxy> {
    return new McpProxy(options, host, await connectorOf(options, maxBytesOf(options), host.server));
  }

  private constructor(options: ProxyOptions, host: ProxyHost, connect: Connect) {
    this.#options = options;
    this.#patterns = host.patterns;
    this.#tools = new ToolOptions(options.tools);
    this.maxMessageBytes = maxBytesOf(options);
    const name = options.name ?? serverName(options);
    this.#name = name;
    this.log = new ProxyLog({
      format: options.log ?? 'human',
      write: host.writeLog,
      now: () => new Date(),
      server: name,
      colours: host.isTerminal,
    });
    this.#connect = connect;
    const onTrouble = (what: string): void => this.#onTrouble(what);
    this.#absentTools = new AbsentTools(Object.keys(options.tools), onTrouble);
    for (const doubt of options.doubts) onTrouble(doubt);
    const state = new ProxyState(options, name, onTrouble);
    const memory = memoryOf(options, onTrouble);
    this.#memory = memory;
    if (memory !== undefined) this.#endings.push(() => memory.save());
    this.circuits = makeCircuits(options, name, state.restore);
    const { registry } = this.circuits;
    this.#history = state.historyOf(registry);
    registry.on('*', (event) => {
      // The proxy never pauses anything: whether to go on is the client's decision.
      if (event.type === 'circuit.denied' || event.type.startsWith('recovery.')) return;
      this.log.tell(event.type, told(event));
      state.saveSoon(registry, this.#history);
      if (options.hideOpen && event.type.startsWith('circuit.')) this.#sessions.announceToolsSoon();
    });
    this.#endings.push(() => state.save(registry, this.#history));
    if (options.record !== undefined) this.#record(options.record);
    if (host.telemetry !== undefined) {
      this.#telemetry = reportTo(host.telemetry, {
        name,
        circuits: this.circuits,
        isCommand: this.startsServer,
      });
    }
    this.#endings.push(
      serveStatus(
        () => ({ ...this.#status(), inspector: this.#inspectorUrl, admin: this.#admin }),
        onTrouble,
      ),
      serveInspection(async () => {
        const { answerInspectors } = await import('toolfuse/inspect');
        return answerInspectors(registry, { name, past: this.#history.past });
      }, onTrouble),
    );
  }

  /** Whether the server is a command, which each session starts for itself. */
  get startsServer(): boolean {
    return this.#options.url === undefined;
  }

  /** Opens a session for a client, with a server of its own. */
  open(client: Client): Session {
    const { resultErrors = 'tool', hideOpen = false, logPayloads = false, statusResource } = this.#options;
    const { timeoutMs = callSettings.timeoutMs.default ?? Infinity } = this.#options;
    const steps: SessionStepsOptions = {
      log: this.log,
      logPayloads,
      resultErrors,
      patterns: this.#patterns,
      keyOf: this.#tools.haveAny('key') ? (tool) => this.#tools.of(tool).key : undefined,
      hideOpen,
      onToolPage: (tools) => this.#hints.learn(tools),
      onTools: (known) => {
        this.circuits.registry.declareTools(known);
        this.#absentTools.compare(known);
      },
      telemetry: this.#telemetry,
      status: statusResource ? () => this.#status() : undefined,
    };
    const session = new Session({
      client,
      connect: this.#connect,
      circuits: this.circuits,
      log: this.log,
      runOf: client.runOf && ((request) => client.runOf?.(request) ?? this.#noRun()),
      hints: this.#hints,
      retrySafe: this.#options.retrySafe ?? false,
      timeoutMs: (tool) => this.#tools.of(tool).timeoutMs ?? timeoutMs,
      pingTimeoutMs: Math.min(timeoutMs, maxPingMs),
      startTimeoutMs: startTimeoutOf(this.#options),
      changesTools: hideOpen,
      memory: this.#memory,
      memoryAfterMs: this.#options.memoryAfterMs ?? behaviourSettings.memoryAfterMs.default ?? 0,
      onServerRun: (why) => {
        this.#starts[why] += 1;
      },
      steps: (context) => sessionSteps(steps, context),
    });
    this.#sessions.add(session);
    return session;
  }

  /** A call that stands alone, and belongs to no run of an agent that it could repeat. Told once, or else users would wonder. */
  #noRun(): undefined {
    if (!this.#isNoRunTold) this.#onTrouble(noRun);
    this.#isNoRunTold = true;
  }

  /** Ends a session and its server. */
  close(session: Session): Promise<void> {
    return this.#sessions.close(session);
  }

  /** Passes on to every server a signal that the proxy was sent. */
  signal(name: NodeJS.Signals): void {
    this.#sessions.signal(name);
  }

  /** Shows the circuits on a page. If that fails, the proxy goes on without it. */
  async inspect(): Promise<void> {
    try {
      const { serveInspector } = await import('toolfuse/inspect');
      const inspector = await serveInspector({ name: this.#name });
      inspector.attach(this.circuits.registry, { past: this.#history.past });
      this.onEnd(() => void inspector.close());
      this.#inspectorUrl = inspector.url;
      this.log.tell('inspector.started', { url: inspector.url });
    } catch (error) {
      this.#onTrouble(`the inspector cannot be shown: ${(error as Error).message}`);
    }
  }

  /** Joins a fleet, if the options ask for one. @throws UsageError if ioredis is not installed. */
  async joinFleet(): Promise<void> {
    const { registry } = this.circuits;
    this.#leaveFleet = await joinProxyFleet(registry, this.#name, this.#options, {
      onTrouble: (what) => this.#onTrouble(what),
    });
  }

  /** Serves metrics and circuits to operators. If that fails, the proxy goes on without it. */
  async admin(address: Address): Promise<void> {
    const { registry, server: circuit } = this.circuits;
    const proxy = {
      registry,
      name: this.#name,
      circuit,
      isEnding: () => this.#isEnding,
      figures: () => ({ starts: this.#starts, ...this.#sessions.figures() }),
    };
    try {
      const { AdminServer } = await import('./admin/admin-server.ts');
      const { AdminKey } = await import('./admin/admin-key.ts');
      const key = new AdminKey(this.#options.adminKey);
      const server = new AdminServer({ address, key, proxy });
      this.onEnd(() => server.close());
      const url = await server.listen();
      this.#admin = { url, key: key.text };
      this.log.tell('admin.started', { url });
    } catch (error) {
      this.#onTrouble(`--admin ${address.host}:${address.port}: ${(error as Error).message}`);
    }
  }

  /** Adds a function that is called when the proxy begins to end: it must accept no more clients. */
  onEnding(stop: () => void): void {
    this.#stops.push(stop);
  }

  /** Adds a function that is called when all sessions have ended. */
  onEnd(ending: () => void | Promise<void>): void {
    this.#endings.push(ending);
  }

  /** Ends every session and its server, and saves the circuits. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const stop of this.#stops) stop();
    await this.#sessions.closeAll();
    await this.#leaveFleet?.();
    for (const ending of this.#endings) await ending();
    this.circuits.stop();
  }

  #record(path: string): void {
    const { registry } = this.circuits;
    const maxBytes = (this.#options.recordMaxMb ?? behaviourSettings.recordMaxMb.default ?? 10) * 2 ** 20;
    const file = new RecordFile({ path, maxBytes, onTrouble: (what) => this.#onTrouble(what) });
    checkFile('--record', path, () => file.check());
    recordCalls(registry, file, { name: this.#name });
    this.#endings.push(() => file.flush());
  }

  /** What a model may see: everything but the addresses that come with a key. */
  #status(): Omit<ProxyStatus, 'inspector' | 'admin'> {
    const { registry, server } = this.circuits;
    return {
      pid: process.pid,
      server: this.#name,
      circuit: server,
      startedAt: this.#startedAt,
      openCircuits: registry.openCircuits(),
      openCount: registry.openCircuits().length,
      circuits: circuitsOf(registry),
      metrics: registry.metrics(),
    };
  }

  #onTrouble(what: string): void {
    this.log.tell('trouble', { what });
  }
}

const noRun =
  'calls come in that name neither a session (mcp-session-id) nor a trace (traceparent in _meta): --loops cannot tell their runs apart, and guards none of them';

/** The fields of an event that a log line can show. */
function told(event: object): Record<string, string | number | boolean | null> {
  const { type: _, ...fields } = event as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string | number | boolean | null] =>
        entry[1] === null || ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  );
}
