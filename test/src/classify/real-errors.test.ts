import { execFile, execSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  BrokenCircuitError,
  bulkhead,
  IsolatedCircuitError,
  TaskCancelledError,
  TimeoutStrategy,
  timeout as withTimeout,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { categorize } from '../../../src/classify/categorize.ts';

/** What a promise, or a function, fails with. */
async function failureOf(action: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

/** A loopback server for one test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The number of a port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a real failure of fetch', () => {
  it('is network when nobody listens', async () => {
    const error = await failureOf(fetch(`http://127.0.0.1:${await closedPort()}/`));
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
    expect(categorize(error)).toBe('network');
  });

  it('is network when the server drops the connection', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(categorize(await failureOf(fetch(url)))).toBe('network');
  });

  it('is network when the server drops the connection within the body', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const error = await failureOf(fetch(url).then((response) => response.text()));
    expect(error).toMatchObject({ message: 'terminated' });
    expect(categorize(error)).toBe('network');
  });

  it('is a timeout when its signal times out', async () => {
    const url = await serve(() => {});
    const error = await failureOf(fetch(url, { signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ name: 'TimeoutError', code: 23 });
    expect(categorize(error)).toBe('timeout');
  });

  it('is cancelled when its signal is aborted', async () => {
    const url = await serve(() => {});
    const controller = new AbortController();
    const failure = failureOf(fetch(url, { signal: controller.signal }));
    controller.abort();
    const error = await failure;
    expect(error).toMatchObject({ name: 'AbortError', code: 20 });
    expect(categorize(error)).toBe('cancelled');
  });

  it.each(['gopher://127.0.0.1/', 'http://127.0.0.1:1/', 'not a url'])(
    'is invalidParameters for an address that cannot be fetched: %s',
    async (url) => {
      expect(categorize(await failureOf(fetch(url)))).toBe('invalidParameters');
    },
  );

  it('is a timeout when undici waits too long, for which it has these shapes', () => {
    for (const [name, code] of [
      ['ConnectTimeoutError', 'UND_ERR_CONNECT_TIMEOUT'],
      ['HeadersTimeoutError', 'UND_ERR_HEADERS_TIMEOUT'],
      ['BodyTimeoutError', 'UND_ERR_BODY_TIMEOUT'],
    ]) {
      const cause = Object.assign(new Error('it took too long'), { code });
      expect(categorize(new TypeError('fetch failed', { cause }))).toBe('timeout');
      expect(categorize(new TypeError('fetch failed', { cause: { ...cause, name } }))).toBe('timeout');
    }
  });

  it('is network if its cause says nothing', () => {
    expect(categorize(new TypeError('fetch failed'))).toBe('network');
    expect(categorize(new TypeError('fetch failed', { cause: new Error('odd') }))).toBe('network');
    expect(categorize(new TypeError('Failed to fetch'))).toBe('network');
    expect(categorize('TypeError: fetch failed')).toBe('network');
  });

  it('lets the words of its cause go first', () => {
    expect(categorize(new TypeError('fetch failed', { cause: new Error('proxy timed out') }))).toBe(
      'timeout',
    );
  });
});

describe('a real failure of the system', () => {
  it('is network for a refused socket', async () => {
    const socket = connect(await closedPort(), '127.0.0.1');
    const error = await new Promise((resolve) => socket.on('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(categorize(error)).toBe('network');
  });

  it('is resourceNotFound for a missing file', async () => {
    expect(categorize(await failureOf(readFile('/does/not/exist')))).toBe('resourceNotFound');
    expect(categorize(await failureOf(readdir('/does/not/exist')))).toBe('resourceNotFound');
  });

  it('is invalidParameters for a file in the place of a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'classify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'file'), '');
    expect(categorize(await failureOf(readFile(join(folder, 'file', 'x'))))).toBe('invalidParameters');
  });

  it('is toolNotFound for a missing program', async () => {
    const missing = 'no-such-program-of-toolfuse';
    const error = await failureOf(promisify(execFile)(missing, ['--flag']));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: `spawn ${missing}` });
    expect(categorize(error)).toBe('toolNotFound');
    expect(categorize(String(error))).toBe('toolNotFound');
    expect(categorize(spawnSync(missing).error)).toBe('toolNotFound');
  });

  it('is permissionDenied for a program that may not be run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'classify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'program'), '', { mode: 0o600 });
    const error = await failureOf(promisify(execFile)(join(folder, 'program')));
    expect(error).toMatchObject({ code: 'EACCES' });
    expect(categorize(error)).toBe('permissionDenied');
  });

  it.each([1, 2, 20, 23, 127, 255])('is executionError for a program that exits with %i', async (status) => {
    const script = `console.error('Error: 429 rate limit, timed out'); process.exit(${status})`;
    const error = await failureOf(promisify(execFile)(process.execPath, ['-e', script]));
    expect(error).toMatchObject({ code: status });
    expect(categorize(error)).toBe('executionError');
    const command = `${JSON.stringify(process.execPath)} -e "process.exit(${status})" timeout`;
    const synchronous = await failureOf(() => execSync(command, { stdio: 'pipe' }));
    expect(synchronous).toMatchObject({ status });
    expect(categorize(synchronous)).toBe('executionError');
  });

  it('is cancelled for a program that the caller stopped', async () => {
    const run = promisify(execFile);
    const controller = new AbortController();
    const script = 'setTimeout(() => {}, 10_000)';
    const failure = failureOf(run(process.execPath, ['-e', script], { signal: controller.signal }));
    controller.abort();
    expect(categorize(await failure)).toBe('cancelled');
  });

  it('is invalidParameters for an argument that Node refuses', async () => {
    const invalidArgument = await failureOf(() => Reflect.apply(Buffer.from, undefined, [1]));
    expect(invalidArgument).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(categorize(invalidArgument)).toBe('invalidParameters');
    expect(categorize(await failureOf(() => new URL('not a url')))).toBe('invalidParameters');
  });

  it('is executionError for JSON that does not parse, whatever it quotes', async () => {
    const error = await failureOf(() => JSON.parse('Too Many Requests'));
    expect(error).toBeInstanceOf(SyntaxError);
    expect(String(error)).toContain('Too Many Requests');
    expect(categorize(error)).toBe('executionError');
    expect(categorize(String(error))).toBe('executionError');
  });

  it('is executionError for wrong code, whatever it is about', async () => {
    const error = await failureOf(() => JSON.parse('{}').timeout());
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('timeout') });
    expect(categorize(error)).toBe('executionError');
    expect(categorize(new TypeError('client.timeout is not a function'))).toBe('executionError');
    expect(categorize('TypeError: client.timeout is not a function')).toBe('executionError');
    expect(categorize({ name: 'ReferenceError', message: 'timeout is not defined' })).toBe('executionError');
  });
});

describe('a real failure of MCP', () => {
  /** A client of a server with one tool that answers never, and one that is disabled. */
  async function connected(): Promise<{ client: Client; server: McpServer }> {
    const server = new McpServer({ name: 'server', version: '1.0.0' });
    server.registerTool('hang', {}, () => new Promise(() => {}));
    server.registerTool('strict', { inputSchema: { n: z.number() } }, () => ({ content: [] }));
    server.registerTool('off', {}, () => ({ content: [] })).disable();
    const client = new Client({ name: 'client', version: '1.0.0' });
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(theirs), client.connect(ours)]);
    onTestFinished(() => client.close());
    return { client, server };
  }

  it('is timeout for a request that times out', async () => {
    const { client } = await connected();
    const error = await failureOf(client.callTool({ name: 'hang' }, undefined, { timeout: 5 }));
    expect(error).toMatchObject({ code: -32_001 });
    expect(categorize(error)).toBe('timeout');
  });

  it('is cancelled for a request in flight that is aborted, with the signal at hand or without', async () => {
    const { client } = await connected();
    const controller = new AbortController();
    const failure = failureOf(client.callTool({ name: 'hang' }, undefined, { signal: controller.signal }));
    controller.abort();
    const error = await failure;
    expect(error).toMatchObject({ code: -32_001, message: expect.stringContaining('AbortError') });
    expect(categorize(error)).toBe('cancelled');
    expect(categorize(error, { signal: controller.signal })).toBe('cancelled');
  });

  it('is cancelled for a reason of the caller only if the signal is at hand', async () => {
    const { client } = await connected();
    const controller = new AbortController();
    const failure = failureOf(client.callTool({ name: 'hang' }, undefined, { signal: controller.signal }));
    controller.abort('enough');
    const error = await failure;
    expect(categorize(error)).toBe('timeout');
    expect(categorize(error, { signal: controller.signal })).toBe('cancelled');
  });

  it('is cancelled for a request that was aborted before it began', async () => {
    const { client } = await connected();
    const error = await failureOf(
      client.callTool({ name: 'hang' }, undefined, { signal: AbortSignal.abort() }),
    );
    expect(categorize(error)).toBe('cancelled');
  });

  it('is network for a connection that closes', async () => {
    const { client, server } = await connected();
    const failure = failureOf(client.callTool({ name: 'hang' }));
    await server.close();
    const error = await failure;
    expect(error).toMatchObject({ code: -32_000 });
    expect(categorize(error)).toBe('network');
  });

  it('is network for a client that is not connected', async () => {
    const client = new Client({ name: 'client', version: '1.0.0' });
    const error = await failureOf(client.callTool({ name: 'x' }));
    expect(error).toMatchObject({ message: 'Not connected' });
    expect(categorize(error)).toBe('network');
    expect(categorize(String(error))).toBe('network');
  });

  it('is toolNotFound for a method that the server does not have', async () => {
    const { client } = await connected();
    const error = await failureOf(client.listResourceTemplates());
    expect(error).toMatchObject({ code: -32_601 });
    expect(categorize(error)).toBe('toolNotFound');
  });

  it.each([
    ['nobody', {}, 'toolNotFound'],
    ['off', {}, 'toolNotFound'],
    ['strict', { n: 'one' }, 'invalidParameters'],
  ])('knows the text of an isError result: %s', async (name, args, category) => {
    const { client } = await connected();
    const result = await client.callTool({ name, arguments: args });
    const [block] = z.array(z.object({ text: z.string() })).parse(result.content);
    expect(result.isError).toBe(true);
    expect(categorize(block?.text)).toBe(category);
  });

  it.each([
    [401, 'authentication'],
    [404, 'resourceNotFound'],
    [429, 'rateLimit'],
    [503, 'serviceUnavailable'],
    [504, 'timeout'],
    [-1, 'executionError'],
    [undefined, 'executionError'],
  ])('reads the status %s of a StreamableHTTPError', (code, category) => {
    expect(categorize(new StreamableHTTPError(code, 'Error POSTing to endpoint'))).toBe(category);
  });
});

describe('real errors of other libraries', () => {
  it('is circuitOpen when opossum denies', async () => {
    const breaker = new CircuitBreaker(async () => 'never');
    onTestFinished(() => breaker.shutdown());
    breaker.open();
    const error = await failureOf(breaker.fire());
    expect(error).toMatchObject({ code: 'EOPENBREAKER' });
    expect(categorize(error)).toBe('circuitOpen');
  });

  it('is timeout when opossum gives up', async () => {
    const breaker = new CircuitBreaker(() => new Promise(() => {}), { timeout: 5 });
    onTestFinished(() => breaker.shutdown());
    expect(categorize(await failureOf(breaker.fire()))).toBe('timeout');
  });

  it('is circuitOpen when cockatiel denies', () => {
    expect(categorize(new BrokenCircuitError())).toBe('circuitOpen');
    expect(categorize(new BrokenCircuitError('no'))).toBe('circuitOpen');
    expect(categorize(new IsolatedCircuitError())).toBe('circuitOpen');
  });

  it('is timeout when cockatiel gives up, though it calls that cancelled', async () => {
    const policy = withTimeout(5, TimeoutStrategy.Aggressive);
    const error = await failureOf(policy.execute(() => new Promise(() => {})));
    expect(error).toBeInstanceOf(TaskCancelledError);
    expect(categorize(error)).toBe('timeout');
  });

  it('is resourceExhausted when a bulkhead is full', async () => {
    const policy = bulkhead(1);
    void policy.execute(() => new Promise(() => {}));
    expect(categorize(await failureOf(policy.execute(() => 'never')))).toBe('resourceExhausted');
    const breaker = new CircuitBreaker(() => new Promise(() => {}), { capacity: 1, timeout: false });
    onTestFinished(() => breaker.shutdown());
    void breaker.fire();
    expect(categorize(await failureOf(breaker.fire()))).toBe('resourceExhausted');
  });

  it('is invalidParameters when zod refuses', async () => {
    const schema = z.object({ timeout: z.number() });
    expect(categorize(await failureOf(() => schema.parse({ timeout: 'soon' })))).toBe('invalidParameters');
    expect(categorize(schema.safeParse({}).error)).toBe('invalidParameters');
    expect(categorize(await failureOf(() => mini.string().parse(1)))).toBe('invalidParameters');
    expect(categorize({ name: 'ZodError', message: '[]', issues: [] })).toBe('invalidParameters');
  });

  it('takes the first member with any evidence of what Promise.any rejects with', async () => {
    const error = await failureOf(
      Promise.any([
        Promise.reject(new Error('odd')),
        Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
        Promise.reject(Object.assign(new Error('x'), { status: 429 })),
      ]),
    );
    expect(error).toBeInstanceOf(AggregateError);
    expect(categorize(error)).toBe('network');
  });
});
