import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderOf, isInstalled } from '../../frameworks/installed.ts';
import { Collector } from './support/collector.ts';
import { RawClient } from './support/raw-client.ts';

const command = fileURLToPath(new URL('../../../dist/cli/index.js', import.meta.url));

/** A server whose tool `meta` answers with the `_meta` that it was called with, and whose tool `fail` fails. */
const server = `
  const answers = {
    initialize: () => ({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
    'tools/list': () => ({ tools: ['meta', 'fail'].map((name) => ({ name, inputSchema: { type: 'object' } })) }),
    'tools/call': ({ name, _meta }) => ({
      content: [{ type: 'text', text: name === 'meta' ? JSON.stringify(_meta ?? null) : 'the disk is full' }],
      isError: name === 'fail',
    }),
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const result = answers[method]?.(params);
    const answer = result === undefined ? { error: { code: -32601, message: 'no such method' } } : { result };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
  });`;

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const theirSpan = '00f067aa0ba902b7';

describe.skipIf(!isInstalled('opentelemetry'))('toolfuse mcp with the SDK of OpenTelemetry', () => {
  it('sends the spans and metrics of a session to a collector before it ends', async () => {
    const collector = new Collector();
    const folder = mkdtempSync(join(tmpdir(), 'toolfuse-otlp-'));
    const client = new RawClient(
      [
        ...([process.execPath, command, 'mcp', '--name', 'files', '--failure-threshold', '1'] as const),
        ...['--loops', '--warn-after', '2', '--', process.execPath, '-e', server],
      ],
      {
        // The SDK is found here, as where a user has installed it.
        folder: folderOf('opentelemetry'),
        env: {
          XDG_RUNTIME_DIR: folder,
          OTEL_EXPORTER_OTLP_ENDPOINT: await collector.listen(),
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        },
      },
    );
    onTestFinished(async () => {
      await client.stop();
      collector.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const call = (name: string, _meta?: object) =>
      client.request('tools/call', { name, arguments: {}, ...(_meta && { _meta }) });
    await client.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    client.notify('notifications/initialized');
    await client.request('tools/list', {});
    const answers = [
      await call('meta', { traceparent: `00-${traceId}-${theirSpan}-01`, progressToken: 7 }),
      await call('meta'),
      await call('fail'),
      await call('fail'),
    ];
    await client.request('prompts/list', {});
    expect(await client.endInput(), client.stderr).toBe(0);

    expect([...collector.paths].sort()).toEqual(['/v1/metrics', '/v1/traces']);
    expect(collector.services()).toEqual(['toolfuse']);
    const spans = collector.spans();
    const common = { 'network.transport': 'pipe', 'mcp.protocol.version': '2025-06-18' };
    const tool = (name: string) => ({
      ...common,
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'toolfuse.circuit.name': name,
    });
    const told = spans
      // Whatever else has an own span, such as what the SDK finds out by itself.
      .filter(({ scope }) => scope === 'toolfuse')
      .map(({ name, kind, status, attributes: { 'jsonrpc.request.id': id, ...attributes } }) => ({
        name,
        kind,
        isError: status.code === 2,
        hasId: id !== undefined,
        attributes,
      }));
    const span = (name: string, isError: boolean, attributes: Record<string, unknown>) => ({
      name,
      // CLIENT, by the protocol of OTLP.
      kind: 3,
      isError,
      hasId: true,
      attributes,
    });
    expect(told).toEqual([
      // Its answer decides the version of the protocol.
      span('initialize', false, { 'mcp.method.name': 'initialize', 'network.transport': 'pipe' }),
      span('tools/list', false, { 'mcp.method.name': 'tools/list', ...common }),
      span('tools/call meta', false, { ...tool('meta'), 'toolfuse.circuit.outcome': 'success' }),
      span('tools/call meta', false, { ...tool('meta'), 'toolfuse.circuit.outcome': 'success' }),
      span('tools/call fail', true, {
        ...tool('fail'),
        'toolfuse.circuit.outcome': 'failure',
        'error.type': 'tool_error',
      }),
      span('tools/call fail', true, {
        ...tool('fail'),
        'toolfuse.circuit.outcome': 'rejected',
        'toolfuse.denial.reason': 'open',
        'toolfuse.denial.kind': 'rejecting',
        'toolfuse.retry_after_ms': expect.stringMatching(/^\d+$/),
        'error.type': 'circuit_open',
      }),
      span('prompts/list', true, {
        ...common,
        'mcp.method.name': 'prompts/list',
        'rpc.response.status_code': '-32601',
        'error.type': '-32601',
      }),
    ]);

    // The first call is a child of the client's span, and the server is told of ours in its place.
    const [traced, fresh] = spans.filter(({ name }) => name === 'tools/call meta');
    expect([traced?.traceId, traced?.parentSpanId]).toEqual([traceId, theirSpan]);
    const metaOf = (index: number): unknown =>
      JSON.parse((answers[index]?.result?.content as { text: string }[] | undefined)?.[0]?.text ?? '');
    expect(metaOf(0)).toEqual({ progressToken: 7, traceparent: `00-${traceId}-${traced?.spanId}-01` });
    expect(metaOf(1)).toEqual({ traceparent: `00-${fresh?.traceId}-${fresh?.spanId}-01` });
    expect(fresh?.parentSpanId ?? '').toBe('');

    expect(collector.points('mcp.client.operation.duration')).toEqual(
      expect.arrayContaining([
        {
          attributes: {
            'mcp.method.name': 'tools/call',
            'network.transport': 'pipe',
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': 'meta',
          },
          value: 2,
          unit: 's',
        },
      ]),
    );
    expect(collector.points('gen_ai.execute_tool.duration').map(({ value, unit }) => [value, unit])).toEqual([
      [2, 's'],
      [1, 's'],
    ]);
    const of = (name: string, labels: Record<string, string>) =>
      collector
        .points(name)
        .find(({ attributes }) =>
          Object.entries({ registry: 'files', ...labels }).every(([key, text]) => attributes[key] === text),
        )?.value;
    expect({
      open: of('toolfuse.circuit.state', { tool: 'fail', state: 'open' }),
      closed: of('toolfuse.circuit.state', { tool: 'meta', state: 'closed' }),
      failures: of('toolfuse.failures', { tool: 'fail', category: 'executionError' }),
      denied: of('toolfuse.denied', { tool: 'fail', reason: 'open' }),
      warned: of('toolfuse.loops', { tool: 'meta', verdict: 'warned' }),
      opened: of('toolfuse.transitions', { tool: 'fail', from: 'closed', to: 'open' }),
    }).toEqual({ open: 1, closed: 1, failures: 1, denied: 1, warned: 0, opened: 1 });
  });
});
