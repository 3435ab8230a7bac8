import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { createToolRegistry } from 'toolfuse';
import { type InstrumentOptions, instrument } from 'toolfuse/opentelemetry';
import { TestClock } from 'toolfuse/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startSdk } from './sdk.ts';

const setUp = (options: InstrumentOptions = {}) => {
  const sdk = startSdk();
  const clock = new TestClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 10_000 },
    tools: { search: { upstream: 'github' } },
  });
  const { tracerProvider } = sdk;
  const stop = instrument(registry, { tracerProvider, metrics: false, ...options });
  return { ...sdk, clock, registry, stop };
};

afterEach(() => void vi.restoreAllMocks());

describe('the span of a call', () => {
  it('has the name, the kind and the attributes of the conventions', async () => {
    const { registry, spans } = setUp();
    await registry.execute('shell', () => 'secret result');
    const [span] = spans();
    expect(span).toMatchObject({
      name: 'execute_tool shell',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'shell',
        'toolfuse.circuit.name': 'shell',
        'toolfuse.circuit.state': 'closed',
        'toolfuse.circuit.outcome': 'success',
      },
      instrumentationScope: { name: 'toolfuse' },
    });
    expect(JSON.stringify(span?.attributes)).not.toContain('secret');
  });

  it('is active in the function of the call, in its callbacks, and in each part of its stream', async () => {
    const { registry, spans, tracer } = setUp();
    const inner = (name: string): void => tracer.startSpan(name).end();
    await registry.execute('shell', async () => {
      inner('before');
      await Promise.resolve();
      inner('after');
    });
    const tail = registry.wrap('tail', async function* () {
      inner('part');
      yield 1;
    });
    for await (const _ of tail()) inner('consumer');
    const parentOf = (name: string) => {
      const id = spans().find((span) => span.name === name)?.parentSpanContext?.spanId;
      return spans().find((span) => span.spanContext().spanId === id)?.name;
    };
    expect(['before', 'after', 'part', 'consumer'].map(parentOf)).toEqual([
      'execute_tool shell',
      'execute_tool shell',
      'execute_tool tail',
      undefined,
    ]);
  });

  it('is a child of the span around it', async () => {
    const { registry, spans, tracer } = setUp();
    await tracer.startActiveSpan('agent', async (agent) => {
      await registry.execute('shell', () => 'done');
      agent.end();
    });
    const [call, agent] = spans();
    expect(call?.parentSpanContext?.spanId).toBe(agent?.spanContext().spanId);
  });

  it('of a failure has the status error, the kind of the error, and no words of its own', async () => {
    const { registry, plain } = setUp();
    const fault = Object.assign(new TypeError('cannot read /home/alice'), { code: 'EACCES' });
    await registry.execute('shell', () => Promise.reject(fault)).catch(() => {});
    expect(plain()).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR },
        attributes: {
          'error.type': 'TypeError',
          'toolfuse.circuit.outcome': 'failure',
          'toolfuse.error.category': 'permissionDenied',
        },
      },
    ]);
    expect(JSON.stringify(plain())).not.toContain('alice');
  });

  it('has the words of its error where they are asked for', async () => {
    const { registry, plain } = setUp({ errorMessages: true });
    await registry.execute('shell', () => Promise.reject(new Error('line one\nline two'))).catch(() => {});
    registry.tool('other');
    const permit = registry.tryAcquire('other');
    if (permit.admitted) permit.failure('timeout');
    expect(plain().map(({ status }) => status.message)).toEqual(['line one line two', 'timeout']);
    expect(plain()[1]?.attributes['error.type']).toBe('timeout');
  });

  it('of a refused call is short, says why, and until when', async () => {
    const { registry, clock, plain } = setUp();
    registry.recordFailure('search', new Error('read ECONNRESET'));
    clock.advance(4_000);
    await registry.execute('search', () => 'done').catch(() => {});
    expect(plain()).toEqual([
      {
        name: 'execute_tool search',
        status: { code: SpanStatusCode.ERROR, message: 'refused: github is unreachable' },
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'search',
          'error.type': 'circuit_open',
          'toolfuse.circuit.name': 'github',
          'toolfuse.circuit.state': 'open',
          'toolfuse.circuit.outcome': 'rejected',
          'toolfuse.denial.reason': 'upstream',
          'toolfuse.denial.kind': 'unreachable',
          'toolfuse.error.category': 'network',
          'toolfuse.retry_after_ms': 6_000,
        },
      },
    ]);
  });

  it('of a probe and of a late result says so', async () => {
    const { registry, clock, plain } = setUp();
    const late = registry.tryAcquire('shell');
    registry.recordFailure('shell', 'timeout');
    if (late.admitted) late.success();
    clock.advance(10_000);
    await registry.execute('shell', () => 'done');
    expect(plain().map(({ attributes }) => attributes)).toMatchObject([
      { 'toolfuse.circuit.late': true, 'toolfuse.circuit.state': 'closed' },
      { 'toolfuse.circuit.probe': true, 'toolfuse.circuit.state': 'halfOpen' },
    ]);
  });

  it('of a permit that was released says nothing of an outcome', () => {
    const { registry, plain } = setUp();
    const permit = registry.tryAcquire('shell');
    if (permit.admitted) permit.release();
    expect(plain()).toHaveLength(1);
    expect(plain()[0]?.attributes).not.toHaveProperty('toolfuse.circuit.outcome');
  });
});

describe('a call that a span traces already', () => {
  it.each([
    ['execute_tool', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }],
    ['execute_tool without a name', { 'gen_ai.operation.name': 'execute_tool' }],
    ['the AI SDK', { 'ai.toolCall.name': 'search' }],
    ['an MCP client', { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search' }],
    ['OpenInference', { 'openinference.span.kind': 'TOOL', 'tool.name': 'search' }],
    ['OpenLLMetry', { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'search' }],
  ])('gets no second one, and that one gets the attributes: %s', async (_, attributes) => {
    const { registry, plain, tracer } = setUp();
    await tracer.startActiveSpan('theirs', { attributes }, async (theirs) => {
      await registry.execute('search', () => 'done');
      expect(trace.getActiveSpan()).toBe(theirs);
      theirs.end();
    });
    expect(plain()).toEqual([
      {
        name: 'theirs',
        status: { code: SpanStatusCode.UNSET },
        attributes: {
          ...attributes,
          'toolfuse.circuit.name': 'search',
          'toolfuse.circuit.state': 'closed',
          'toolfuse.circuit.upstream': 'github',
          'toolfuse.circuit.outcome': 'success',
        },
      },
    ]);
  });

  it('is known by the name of the tool behind that of its server', async () => {
    const { registry, plain, tracer } = setUp();
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
    for (const circuit of ['github.search', 'mcp__github__search', 'research']) {
      await tracer.startActiveSpan('theirs', { attributes }, async (theirs) => {
        await registry.execute(circuit, () => 'done');
        theirs.end();
      });
    }
    expect(plain().map(({ name }) => name)).toEqual(['theirs', 'theirs', 'execute_tool research', 'theirs']);
  });

  it('has a span of its own inside another tool, and inside itself', async () => {
    const { registry, plain } = setUp();
    await registry.execute('shell', () =>
      registry.execute('shell', () => registry.execute('read', () => 'done')),
    );
    expect(plain().map(({ name }) => name)).toEqual([
      'execute_tool read',
      'execute_tool shell',
      'execute_tool shell',
    ]);
  });

  it('leaves the status and the end of that span to whoever began it, even where it is refused', async () => {
    const { registry, plain, tracer } = setUp();
    registry.isolate('shell');
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell' };
    await tracer.startActiveSpan('theirs', { attributes }, async (theirs) => {
      await registry.execute('shell', () => 'done').catch(() => {});
      expect(plain()).toEqual([]);
      theirs.end();
    });
    expect(plain()).toMatchObject([
      { status: { code: SpanStatusCode.UNSET }, attributes: { 'toolfuse.circuit.outcome': 'rejected' } },
    ]);
  });
});

describe('spans', () => {
  it('end with instrument', async () => {
    const { registry, plain, stop } = setUp();
    stop();
    await registry.execute('shell', () => 'done');
    expect(plain()).toEqual([]);
  });

  it('end no call where a tracer or an exporter throws', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const boom = (): never => {
      throw new Error('boom');
    };
    const sdk = startSdk({ export: boom, shutdown: async () => {} });
    const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
    instrument(registry, { tracerProvider: sdk.tracerProvider, metrics: false });
    instrument(registry, {
      tracerProvider: { getTracer: () => ({ startSpan: boom, startActiveSpan: boom }) },
    });
    expect(await registry.execute('shell', () => 'done')).toBe('done');
    await expect(registry.execute('shell', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    await expect(registry.execute('shell', () => 'done')).rejects.toThrow('The call did not run');
  });

  it.each([
    [{ tracerProvider: {} }, 'options.tracerProvider must be a TracerProvider of OpenTelemetry, got'],
    [{ meterProvider: 1 }, 'options.meterProvider must be a MeterProvider of OpenTelemetry, got 1'],
    [{ spans: 'no' }, 'options.spans must be true or false, got "no"'],
    [{ exporter: {} }, 'options.exporter is not a setting'],
  ])('are refused with options that are wrong: %j', (options, message) => {
    expect(() => instrument(createToolRegistry(), options as never)).toThrow(message);
  });
});
