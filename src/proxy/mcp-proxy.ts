import type { ToolConfig } from 'toolfuse';
import { ProxyLog } from './log.ts';
import type { ProxyOptions } from './options/read.ts';
import { callSettings, type OwnSettings, serverSettings } from './options/settings.ts';
import { UsageError } from './options/usage-error.ts';
import { CommandServer } from './server/command-server.ts';
import type { Connect } from './server/server-connection.ts';
import { UrlServer } from './server/url-server.ts';
import { serverName } from './server-name.ts';
import { ServerCircuits } from './session/server-circuits.ts';
import { type Client, Session } from './session/session.ts';
import { StatusResource } from './session/status-resource.ts';
import { StateFile } from './state/state-file.ts';
import { circuitsOf, type ProxyStatus } from './status/proxy-status.ts';
import { serveStatus } from './status/serve-status.ts';

/** A proxy starts a server anew at most so often: what ran for as long had recovered. */
const relapseMs = 60_000;

/** After a command's first death in a while, it is started again this soon; after further ones, ever later. */
const firstRestartMs = 500;

/** Whoever does not answer a ping for so long will not be called alive. */
const longestPingMs = 5_000;

/** What a proxy needs of the process around it. */
export interface ProxyHost {
  readonly writeLog: (line: string) => void;
  readonly isTerminal: boolean;
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
  readonly #sessions = new Set<Session>();
  readonly #closing = new Set<Promise<void>>();
  readonly #stops: (() => void)[] = [];
  readonly #endings: (() => void)[] = [];
  #offersAnew: NodeJS.Immediate | undefined;
  readonly #doubted = new Set<string>();
  #inspectorUrl: string | null = null;

  constructor(options: ProxyOptions, host: ProxyHost) {
    this.#options = options;
    this.maxMessageBytes = (options.maxMessageMb ?? 32) * 1024 * 1024;
    const name = options.name ?? serverName(options);
    this.#name = name;
    this.log = new ProxyLog({
      format: options.log ?? 'human',
      write: host.writeLog,
      now: () => new Date(),
      server: name,
      payloads: options.logPayloads ?? false,
      colours: host.isTerminal,
    });
    this.#connect = this.#connector();
    const onTrouble = (what: string): void => this.#onTrouble(what);
    for (const doubt of options.doubts) onTrouble(doubt);
    const file =
      options.state === undefined
        ? undefined
        : new StateFile({ path: options.state, server: name, onTrouble });
    if (file !== undefined) checkState(file, options.state);
    const restore = file?.load();
    this.circuits = makeCircuits(options, name, restore);
    const { registry } = this.circuits;
    registry.on('*', (event) => {
      // Nothing pauses here: whether to go on is for the client to say.
      if (event.type === 'circuit.denied' || event.type.startsWith('recovery.')) return;
      this.log.tell(event.type, told(event));
      file?.saveSoon(() => registry.persist());
      if (event.type.startsWith('circuit.')) this.#offersAnew ??= setImmediate(() => this.#offerAnew());
    });
    if (file !== undefined) this.#endings.push(() => file.save(() => registry.persist()));
    this.#endings.push(serveStatus(() => ({ ...this.#status(), inspector: this.#inspectorUrl }), onTrouble));
  }

  /** A client and a server of its own. */
  open(client: Client): Session {
    const { resultErrors = 'tool', hideOpen = false, statusResource = false, tools } = this.#options;
    const timeoutMs = this.#options.timeoutMs ?? callSettings.timeoutMs.default ?? Infinity;
    const session = new Session({
      client,
      connect: this.#connect,
      circuits: this.circuits,
      log: this.log,
      timeoutMs: (tool) => (Object.hasOwn(tools, tool) ? tools[tool]?.timeoutMs : undefined) ?? timeoutMs,
      pingTimeoutMs: Math.min(timeoutMs, longestPingMs),
      startTimeoutMs: startTimeoutOf(this.#options),
      resultErrors,
      hideOpen,
      onTools: (known) => this.#doubtTools(known),
      statusResource: statusResource ? new StatusResource(() => this.#status()) : undefined,
    });
    this.#sessions.add(session);
    return session;
  }

  async close(session: Session): Promise<void> {
    this.#sessions.delete(session);
    const closing = session.close();
    this.#closing.add(closing);
    await closing.finally(() => this.#closing.delete(closing));
  }

  /** Shows the circuits on a page. Where that fails, the proxy goes on without it. */
  async inspect(): Promise<void> {
    try {
      const inspector = await this.circuits.registry.inspect();
      this.onEnd(() => void inspector.close());
      this.#inspectorUrl = inspector.url;
      this.log.tell('inspector.started', { url: inspector.url });
    } catch (error) {
      this.#onTrouble(`the inspector cannot be shown: ${(error as Error).message}`);
    }
  }

  /** What is to take no client any more as soon as it begins to end. */
  onEnding(stop: () => void): void {
    this.#stops.push(stop);
  }

  /** What is to be ended with it. */
  onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  /** Ends every session and its server, and keeps the circuits. */
  async end(): Promise<void> {
    for (const stop of this.#stops) stop();
    // Some may be closed already whose servers still run.
    while (this.#sessions.size + this.#closing.size > 0) {
      await Promise.all([...this.#closing, ...[...this.#sessions].map((session) => this.close(session))]);
    }
    for (const ending of this.#endings) ending();
    this.circuits.stop();
  }

  /** Without the inspector's address, which is nothing for a model. */
  #status(): Omit<ProxyStatus, 'inspector'> {
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

  /** Tells once of the tools that settings are for, and the server does not have. */
  #doubtTools(known: ReadonlySet<string>): void {
    for (const tool of Object.keys(this.#options.tools)) {
      if (known.has(tool) || this.#doubted.has(tool)) continue;
      this.#doubted.add(tool);
      this.#onTrouble(`there are settings of a tool ${JSON.stringify(tool)}, which the server does not have`);
    }
  }

  #onTrouble(what: string): void {
    this.log.tell('trouble', { what });
  }

  #offerAnew(): void {
    this.#offersAnew = undefined;
    for (const session of this.#sessions) session.offerAnew();
  }

  #connector(): Connect {
    const { url, headers, command } = this.#options;
    const { maxMessageBytes } = this;
    if (url !== undefined) {
      if (command.length > 0) throw new UsageError('there must be one server: a command behind --, or --url');
      return (events) => new UrlServer({ url, headers, maxMessageBytes }, events);
    }
    if (Object.keys(headers).length > 0) throw new UsageError('headers are for a server with a --url');
    const [program, ...args] = command;
    if (program === undefined || program.trim() === '') {
      throw new UsageError('there is no server: put its command behind --, or give its --url');
    }
    return (events) => new CommandServer({ command: program, args, maxMessageBytes }, events);
  }
}

/** A process that has ended, or does not answer a ping, is down for sure; and to start another one costs nobody much. */
const commandDefaults = ({ minBackoffMs, maxBackoffMs = firstRestartMs }: ProxyOptions): ToolConfig => ({
  failureThreshold: 1,
  minBackoffMs: minBackoffMs ?? Math.min(firstRestartMs, maxBackoffMs),
});

const urlDefaults: ToolConfig = { failureThreshold: 3 };

/** Beside the sessions that clients can have, some that are being ended. */
const mostRuns = 200;

const startTimeoutOf = ({ startTimeoutMs }: ProxyOptions): number =>
  startTimeoutMs ?? serverSettings.startTimeoutMs.default ?? Infinity;

function checkState(file: StateFile, path: string | undefined): void {
  try {
    file.check();
  } catch (error) {
    throw new UsageError(`--state ${JSON.stringify(path)} cannot be written: ${(error as Error).message}`);
  }
}

/** The settings that a circuit understands. */
function circuitOf({ timeoutMs: _, ...settings }: OwnSettings): ToolConfig {
  return settings;
}

function makeCircuits(options: ProxyOptions, name: string, restore: string | undefined): ServerCircuits {
  const { failureThreshold, minBackoffMs, maxBackoffMs, backoffFactor, halfOpenMaxProbes, successThreshold } =
    options;
  const { probeTimeoutMs } = options;
  const circuit = Object.fromEntries(
    Object.entries({
      failureThreshold,
      minBackoffMs,
      maxBackoffMs,
      backoffFactor,
      halfOpenMaxProbes,
      successThreshold,
      probeTimeoutMs,
    }).filter(([, value]) => value !== undefined),
  );
  try {
    return new ServerCircuits({
      // No tool has such a name: a colon is not allowed in one.
      server: `server:${name}`,
      mostSessions: options.listen === undefined ? 1 : mostRuns,
      circuit,
      tools: Object.fromEntries(Object.entries(options.tools).map(([tool, own]) => [tool, circuitOf(own)])),
      serverCircuit: {
        ...(options.url === undefined ? commandDefaults(options) : urlDefaults),
        backoffResetMs: relapseMs,
        // The last tenth of it is not used: a probe's failure would be late then.
        probeTimeoutMs: startTimeoutOf(options) / 0.9,
        ...circuitOf(options.server),
      },
      ...(restore !== undefined && { restore }),
    });
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** What is worth telling of an event. */
function told(event: object): Record<string, string | number | boolean | null> {
  const { type: _, ...fields } = event as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string | number | boolean | null] =>
        entry[1] === null || ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  );
}
