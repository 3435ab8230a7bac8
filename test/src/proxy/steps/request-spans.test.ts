import * as api from '@opentelemetry/api';
import { createToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientRequest } from '../../../../src/proxy/session/client-request.ts';
import { RequestSpans, type RequestTelemetry } from '../../../../src/proxy/steps/request-spans.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { startSdk } from '../../opentelemetry/sdk.ts';
import { answerOf, requestOf } from '../support/client-request.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

/** The propagation of W3C, as far as the tests need it. */
const w3c: api.TextMapPropagator = {
  fields: () => ['traceparent'],
  inject(context, carrier, setter) {
    const found = api.trace.getSpanContext(context);
    if (found !== undefined) setter.set(carrier, 'traceparent', `00-${found.traceId}-${found.spanId}-01`);
  },
  extract(context, carrier, getter) {
    const [, trace, span] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
    if (trace === undefined || span === undefined) return context;
    return api.trace.setSpanContext(context, { traceId: trace, spanId: span, traceFlags: 1, isRemote: true });
  },
};

const setUp = (telemetry: Partial<RequestTelemetry> = {}) => {
  const sdk = startSdk();
  api.propagation.setGlobalPropagator(w3c);
  const step = new RequestSpans({
    api,
    tracer: sdk.tracer,
    duration: sdk.meterProvider
      .getMeter('test')
      .createHistogram('mcp.client.operation.duration', { unit: 's' }),
    transport: 'pipe',
    labelOf: (tool) => (tool === 'search' ? tool : '_other'),
    ...telemetry,
  });
  const call = (tool: string, meta?: object): ClientRequest =>
    requestOf('tools/call', { name: tool, ...(meta && { _meta: meta }) });
  return { ...sdk, step, call };
};

afterEach(() => {
  api.propagation.disable();
  vi.restoreAllMocks();
});

describe('the span of a request', () => {
  it('has the name, the kind and the attributes of the conventions for MCP', () => {
    const { step, call, spans } = setUp();
    const begin = requestOf('initialize');
    step.request(begin);
    step.answer(begin, answerOf({ protocolVersion: '2025-06-18' }));
    const request = call('search');
    step.request(request);
    step.answer(request, answerOf({ content: [] }));
    expect(spans().map(({ name, kind }) => [name, kind])).toEqual([
      ['initialize', api.SpanKind.CLIENT],
      ['tools/call search', api.SpanKind.CLIENT],
    ]);
    expect(spans()[1]).toMatchObject({
      status: { code: api.SpanStatusCode.UNSET },
      attributes: {
        'mcp.method.name': 'tools/call',
        'mcp.protocol.version': '2025-06-18',
        'jsonrpc.request.id': '1',
        'network.transport': 'pipe',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'search',
        'toolfuse.circuit.name': 'search',
        'toolfuse.circuit.outcome': 'success',
      },
    });
  });

  it("is a child of the client's, and the server gets its context in place of the client's", () => {
    const { step, call, spans } = setUp();
    const request = call('search', { traceparent, progressToken: 7 });
    step.request(request);
    step.answer(request, answerOf({}));
    const [span] = spans();
    expect(span?.spanContext().traceId).toBe(traceId);
    expect(span?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
    expect(request.forServer.value('params', '_meta')).toEqual({
      progressToken: 7,
      traceparent: `00-${traceId}-${span?.spanContext().spanId}-01`,
    });
    expect(request.message.value('params', '_meta')).toEqual({ traceparent, progressToken: 7 });
  });

  it('leaves the context as it came where there is no span', () => {
    const { step, call } = setUp({ tracer: new api.ProxyTracerProvider().getTracer('none') });
    const request = call('search', { progressToken: 7 });
    step.request(request);
    expect(request.forServer).toBe(request.message);
  });

  it('of a failure has the code of JSON-RPC, or tool_error', () => {
    const { step, call, plain } = setUp();
    const [first, second] = [call('search'), call('search')];
    step.request(first);
    step.answer(first, Message.answer('1', { error: { code: -32_602, message: 'no' } }));
    step.request(second);
    step.answer(second, answerOf({ content: [], isError: true }));
    expect(plain()).toMatchObject([
      {
        status: { code: api.SpanStatusCode.ERROR },
        attributes: { 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
      },
      { attributes: { 'error.type': 'tool_error', 'toolfuse.circuit.outcome': 'failure' } },
    ]);
  });

  it('of a refused call says why, and of an unanswered one how it ended', () => {
    const { step, call, plain } = setUp();
    const registry = createToolRegistry();
    registry.isolate('search');
    const denial = registry.tryAcquire('search');
    const [refused, late] = [call('search'), call('search')];
    step.request(refused);
    if (!denial.admitted) step.unanswered(refused, { how: 'refused', denial });
    step.request(late);
    step.unanswered(late, { how: 'timedOut', timeoutMs: 5 });
    step.unanswered(late, { how: 'closed' });
    expect(
      plain().map(({ attributes }) => [attributes['error.type'], attributes['toolfuse.circuit.outcome']]),
    ).toEqual([
      ['circuit_open', 'rejected'],
      ['timeout', 'failure'],
    ]);
    expect(plain()[0]?.attributes).toMatchObject({ 'toolfuse.denial.kind': 'withheld' });
  });

  it('is measured, with known tools as labels', async () => {
    const { step, call, metrics } = setUp();
    for (const tool of ['search', 'made-up']) {
      const request = call(tool);
      step.request(request);
      step.answer(request, answerOf({}));
    }
    const points = (await metrics()).get('mcp.client.operation.duration')?.dataPoints;
    expect(points?.map(({ attributes }) => attributes['gen_ai.tool.name'])).toEqual(['search', '_other']);
  });

  it('keeps no message from going on where a tracer throws', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const boom = (): never => {
      throw new Error('boom');
    };
    const { step, call } = setUp({ tracer: { startSpan: boom, startActiveSpan: boom } });
    const request = call('search');
    expect(step.request(request)).toBeUndefined();
    expect(step.answer(request, answerOf({}))).toBeUndefined();
    expect(request.forServer).toBe(request.message);
  });
});
