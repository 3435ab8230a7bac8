import type { ProxyLog } from '../log.ts';
import type { AnswerReading } from '../session/answer-failure.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { SessionCircuits } from '../session/server-circuits.ts';
import type { Message } from '../wire/message.ts';
import { CallCircuits } from './call-circuits.ts';
import { CallLog } from './call-log.ts';
import { Discovery } from './discovery.ts';
import { GoneCapabilities } from './gone-capabilities.ts';
import { PayloadLog } from './payload-log.ts';
import { RequestSpans, type RequestTelemetry } from './request-spans.ts';
import { ServerAbsence } from './server-absence.ts';
import { StatusResource } from './status-resource.ts';
import type { Step } from './step.ts';
import { ToolList } from './tool-list.ts';
import { UserFirst } from './user-first.ts';

/** What the steps of a session can ask of it. */
export interface SessionContext {
  readonly circuits: SessionCircuits;
  /** Whether the server takes requests now. */
  readonly isReady: () => boolean;
  /** Whether the server answers a ping in time. */
  readonly ping: () => Promise<boolean>;
  /** Starts the server, unless somebody else does. */
  readonly startServer: () => void;
  /** Why there is no server, in words. */
  readonly whyNoServer: () => string;
  /** How soon a server that is being started may be there, in ms. */
  readonly retryAfterMs: () => number;
  /** Whether a request can wait until the server is there. */
  readonly canWait: (request: ClientRequest) => boolean;
  /** The answer to a request while there is no server, from memory; undefined where none is known. */
  readonly recall: (request: ClientRequest) => Message | undefined;
  /** The answer to what only a server could be asked that has all that it is remembered to have. */
  readonly inPlaceOfGone: (request: ClientRequest) => Message | undefined;
}

export interface SessionStepsOptions extends AnswerReading {
  readonly log: ProxyLog;
  readonly logPayloads: boolean;
  /** The path into a tool's arguments that says which of its circuits a call needs; undefined for one circuit. */
  readonly keyOf?: ((tool: string) => string | undefined) | undefined;
  /** Whether open tools are taken from the list of tools. */
  readonly hideOpen: boolean;
  /** The server has told a page of its tools. */
  readonly onToolPage?: (tools: readonly unknown[]) => void;
  /** The server has told all of its tools. */
  readonly onTools: (tools: ReadonlySet<string>) => void;
  /** Where the spans of requests go; undefined for none. */
  readonly telemetry?: RequestTelemetry | undefined;
  /** What the client can read as `toolfuse://status`; undefined for no such resource. */
  readonly status: (() => unknown) | undefined;
}

/** The steps that every request of a session passes, in this order. */
export function sessionSteps(options: SessionStepsOptions, session: SessionContext): readonly Step[] {
  const { log, logPayloads, resultErrors, patterns, keyOf, hideOpen, onTools, status } = options;
  const { circuits, ping, isReady, startServer, whyNoServer, retryAfterMs, canWait } = session;
  const tools = new ToolList({
    isOffered: hideOpen ? (tool) => circuits.isAvailable(tool) : undefined,
    onPage: options.onToolPage ?? (() => {}),
    onComplete: onTools,
  });
  const discovery = new Discovery();
  return [
    // First, so that it hears of requests that any other step answers.
    ...(options.telemetry === undefined ? [] : [new RequestSpans(options.telemetry)]),
    new CallLog(log),
    new UserFirst(),
    new CallCircuits({ circuits, resultErrors, patterns, keyOf, ping }),
    ...(status === undefined ? [] : [new StatusResource(status)]),
    new GoneCapabilities(session.inPlaceOfGone),
    // What comes after it hears only of requests that go to the server.
    new ServerAbsence({
      isReady,
      start: startServer,
      why: whyNoServer,
      retryAfterMs,
      canWait,
      recall: (request) => session.recall(request) ?? tools.recall(request) ?? discovery.recall(request),
    }),
    ...(logPayloads ? [new PayloadLog(log)] : []),
    tools,
    discovery,
  ];
}
