import { onTestFinished } from 'vitest';
import { ProxyLog } from '../../../../src/proxy/log.ts';
import type { ServerConnection, ServerEvents } from '../../../../src/proxy/server/server-connection.ts';
import { ServerCircuits } from '../../../../src/proxy/session/server-circuits.ts';
import { Session, type SessionOptions } from '../../../../src/proxy/session/session.ts';
import { type SessionStepsOptions, sessionSteps } from '../../../../src/proxy/steps/session-steps.ts';
import type { Step } from '../../../../src/proxy/steps/step.ts';
import { Line } from '../../../../src/proxy/wire/line.ts';
import type { Message } from '../../../../src/proxy/wire/message.ts';
import { tellMessages } from '../../../../src/proxy/wire/message-listener.ts';

export type Content = Record<string, unknown>;

/** A run of a server that sends what a test tells it to. Real servers are tested elsewhere. */
export class ScriptedServer implements ServerConnection {
  readonly heard: Content[] = [];
  readonly events: ServerEvents;
  version: string | undefined;
  closed: string | undefined;
  isPaused = false;
  isFull = false;

  constructor(events: ServerEvents) {
    this.events = events;
  }

  write(message: Message): boolean {
    this.heard.push(JSON.parse(message.line.bytes.toString()));
    return !this.isFull;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  agreeOn(version: string): void {
    this.version = version;
  }
  async close(how: string): Promise<void> {
    this.closed = how;
  }
  says(content: Content | Content[] | string): void {
    tellMessages(Line.of(typeof content === 'string' ? content : JSON.stringify(content)), this.events);
  }
  last(): Content {
    return this.heard.at(-1) ?? {};
  }
}

/** A message as a client reads it. A client need not understand every message. */
function read(text: string): Content {
  try {
    return JSON.parse(text);
  } catch {
    return { unreadable: text };
  }
}

interface CircuitOptions {
  readonly circuit?: object;
  readonly serverCircuit?: object;
  readonly maxSessions?: number;
}

export function circuitsFor({ circuit, serverCircuit, maxSessions = 1 }: CircuitOptions): ServerCircuits {
  const circuits = new ServerCircuits({
    server: 'server:test',
    maxSessions,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000, ...circuit },
    tools: {},
    serverCircuit: { failureThreshold: 1, ...serverCircuit },
  });
  onTestFinished(() => circuits.stop());
  return circuits;
}

type StepOptions = Partial<Omit<SessionStepsOptions, 'log'>> & {
  /** Steps before and after the proxy's own. */
  readonly before?: readonly Step[];
  readonly behind?: readonly Step[];
};

export function start(options: Partial<Omit<SessionOptions, 'steps'>> & CircuitOptions & StepOptions = {}) {
  const runs: ScriptedServer[] = [];
  const told: Content[] = [];
  const logged: Content[] = [];
  const client = { isPaused: false, isFull: false, hasEnded: false };
  const circuits = options.circuits ?? circuitsFor(options);
  const log = new ProxyLog({
    format: 'json',
    write: (line) => logged.push(JSON.parse(line)),
    now: () => new Date(),
    server: 'test',
    colours: false,
  });
  const {
    resultErrors = 'tool',
    hideOpen = false,
    logPayloads = false,
    onTools = () => {},
    status,
  } = options;
  const { before = [], behind = [] } = options;
  const session = new Session({
    client: {
      write: ({ line }) => {
        told.push(read(line.bytes.toString()));
        return !client.isFull;
      },
      pause: () => {
        client.isPaused = true;
      },
      resume: () => {
        client.isPaused = false;
      },
      end: () => {
        client.hasEnded = true;
      },
    },
    connect: (events) => {
      const run = new ScriptedServer(events);
      runs.push(run);
      return run;
    },
    log,
    timeoutMs: () => 10_000,
    pingTimeoutMs: 5_000,
    startTimeoutMs: 30_000,
    changesTools: hideOpen,
    onServerRun: () => {},
    steps: (context) => [
      ...before,
      ...sessionSteps({ log, logPayloads, resultErrors, hideOpen, onTools, status }, context),
      ...behind,
    ],
    ...options,
    circuits,
  });
  const says = (content: Content | Content[] | string): void =>
    tellMessages(
      Line.of(typeof content === 'string' ? content : JSON.stringify(content)),
      session.fromClient,
    );
  const run = (index = runs.length - 1): ScriptedServer => {
    const found = runs[index];
    if (found === undefined) throw new Error('no such run');
    return found;
  };
  return { session, circuits, client, runs, run, told, logged, says };
}
export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: { sampling: {} },
    clientInfo: { name: 'me', version: '1' },
  },
};
export const agreed = {
  jsonrpc: '2.0',
  id: 0,
  result: { protocolVersion: '2025-06-18', capabilities: { tools: {} } },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
export const call = (id: number | string, name = 'search', more: object = {}): Content => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: { secret: 's3cret' }, ...more },
});
export const result = (id: number | string, more: object = {}): Content => ({
  jsonrpc: '2.0',
  id,
  result: { content: [], ...more },
});
export const failed = (id: number, text = 'it broke'): Content =>
  result(id, { isError: true, content: [{ type: 'text', text }] });

export function startInitialized(options: Parameters<typeof start>[0] = {}): ReturnType<typeof start> {
  const all = start(options);
  all.says(initialize);
  all.run().says(agreed);
  all.says(initialized);
  all.told.length = 0;
  all.run().heard.length = 0;
  return all;
}
