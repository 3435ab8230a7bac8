import type * as Api from '@opentelemetry/api';
import type { Histogram, Span, Tracer } from '@opentelemetry/api';
import type { Denial } from 'toolfuse';
import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Message } from '../wire/message.ts';
import { withMeta } from '../wire/with-meta.ts';
import type { Step } from './step.ts';

/** Where the spans and durations of requests go. */
export interface RequestTelemetry {
  readonly api: typeof Api;
  readonly tracer: Tracer;
  /** `mcp.client.operation.duration`, in s. */
  readonly duration: Histogram;
  /** `pipe` for a server that is a command, `tcp` for one behind a URL. */
  readonly transport: 'pipe' | 'tcp';
  /** The name of a tool, as a label of a metric. */
  readonly labelOf: (tool: string) => string;
}

type Attributes = Record<string, string | number>;

/** Where the context of a trace travels in `params._meta`. */
const contextKeys = ['traceparent', 'tracestate', 'baggage'] as const;

const causes: Readonly<Record<Exclude<Unanswered['how'], 'refused'>, string>> = {
  cancelled: 'cancelled',
  timedOut: 'timeout',
  undelivered: 'undelivered',
  lost: 'server_lost',
  tooLong: 'message_too_long',
  closed: 'session_closed',
  remembered: 'server_lost',
};

/**
 * Traces each request of the client by the conventions for MCP. The span is a child of the client's, whose context is in the
 * request, and the server gets the context of the span in its place. Without a span, the context passes as it came.
 */
export class RequestSpans implements Step {
  readonly #telemetry: RequestTelemetry;
  readonly #open = new Map<ClientRequest, { readonly span: Span; readonly attributes: Attributes }>();
  #protocolVersion: string | undefined;

  constructor(telemetry: RequestTelemetry) {
    this.#telemetry = telemetry;
  }

  request(request: ClientRequest): undefined {
    contained(() => this.#begin(request));
  }

  answer(request: ClientRequest, answer: Message): undefined {
    contained(() => this.#answered(request, answer));
  }

  unanswered(request: ClientRequest, unanswered: Unanswered): void {
    contained(() => {
      if (unanswered.how !== 'refused') this.#end(request, causes[unanswered.how]);
      else if (unanswered.denial === undefined) this.#end(request);
      else this.#end(request, 'circuit_open', denialAttributes(unanswered.denial));
    });
  }

  #begin(request: ClientRequest): void {
    const { api, tracer } = this.#telemetry;
    const { message, method, call } = request;
    const parent = api.propagation.extract(api.ROOT_CONTEXT, contextIn(message));
    const attributes = this.#attributesOf(request);
    const span = tracer.startSpan(
      call === undefined ? method : `${method} ${call.tool}`,
      { kind: api.SpanKind.CLIENT, attributes },
      parent,
    );
    this.#open.set(request, { span, attributes });
    if (!api.isSpanContextValid(span.spanContext())) return;
    const context: Record<string, string> = {};
    api.propagation.inject(api.trace.setSpan(parent, span), context);
    request.forServer = withMeta(message, context);
  }

  #answered(request: ClientRequest, answer: Message): void {
    if (request.method === 'initialize' && !answer.isError) {
      const version = answer.value('result', 'protocolVersion');
      if (typeof version === 'string') this.#protocolVersion = version;
    }
    if (answer.isError) {
      const code = String(answer.value('error', 'code') ?? '_OTHER');
      this.#end(request, code, { 'rpc.response.status_code': code });
    } else if (answer.isErrorResult && request.call !== undefined) this.#end(request, 'tool_error');
    else this.#end(request);
  }

  #attributesOf({ message, id, method, call }: ClientRequest): Attributes {
    const uri = method.startsWith('resources/') ? message.value('params', 'uri') : undefined;
    const prompt = method === 'prompts/get' ? message.value('params', 'name') : undefined;
    return {
      'mcp.method.name': method,
      'jsonrpc.request.id': id.startsWith('"') ? String(JSON.parse(id)) : id,
      'network.transport': this.#telemetry.transport,
      ...(this.#protocolVersion !== undefined && { 'mcp.protocol.version': this.#protocolVersion }),
      ...(call !== undefined && { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': call.tool }),
      ...(typeof uri === 'string' && { 'mcp.resource.uri': uri }),
      ...(typeof prompt === 'string' && { 'gen_ai.prompt.name': prompt }),
    };
  }

  #end(request: ClientRequest, errorType?: string, more: Attributes = {}): void {
    const { api, duration, labelOf, transport } = this.#telemetry;
    const open = this.#open.get(request);
    if (open === undefined) return;
    this.#open.delete(request);
    const { span } = open;
    const error = errorType === undefined ? {} : { 'error.type': errorType };
    span.setAttributes({
      ...(request.call !== undefined && {
        'toolfuse.circuit.name': request.call.tool,
        'toolfuse.circuit.outcome': errorType === undefined ? 'success' : 'failure',
      }),
      ...more,
      ...error,
    });
    if (errorType !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR });
    span.end();
    duration.record((performance.now() - request.askedAt) / 1_000, {
      'mcp.method.name': request.method,
      'network.transport': transport,
      ...(request.call !== undefined && {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': labelOf(request.call.tool),
      }),
      ...error,
    });
  }
}

/** A tracer, a propagator or an exporter that throws must not keep a message from going on. */
function contained(trace: () => void): void {
  try {
    trace();
  } catch (error) {
    console.error('toolfuse: a request could not be traced', error);
  }
}

/** The context of a trace that the client has put into a request. */
function contextIn(message: Message): Record<string, string> {
  const meta = message.value('params', '_meta');
  const carrier: Record<string, string> = {};
  for (const key of contextKeys) {
    const value = (meta as Readonly<Record<string, unknown>> | null | undefined)?.[key];
    if (typeof value === 'string') carrier[key] = value;
  }
  return carrier;
}

const denialAttributes = ({ tool, upstream, reason, kind, retryAfterMs }: Denial): Attributes => ({
  'toolfuse.circuit.name': upstream ?? tool,
  'toolfuse.circuit.outcome': 'rejected',
  'toolfuse.denial.reason': reason,
  'toolfuse.denial.kind': kind,
  ...(retryAfterMs !== null && { 'toolfuse.retry_after_ms': Math.ceil(retryAfterMs) }),
});
