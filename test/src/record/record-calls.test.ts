import { PassThrough } from 'node:stream';
import { type CallRecord, createToolRegistry, type RecordStream, recordCalls } from 'toolfuse';
import { TestClock } from 'toolfuse/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const wallStart = Date.UTC(2026, 0, 1);

const setUp = (stream?: RecordStream) => {
  const written: string[] = [];
  const clock = new TestClock({ wallNow: wallStart });
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 10_000 },
    tools: { search: { upstream: 'github' } },
  });
  const stop = recordCalls(registry, stream ?? { write: (text) => written.push(text) }, { name: 'agent' });
  const lines = () => written.map((text) => JSON.parse(text) as CallRecord);
  return { clock, registry, written, lines, stop };
};

afterEach(() => void vi.restoreAllMocks());

describe('a record of calls', () => {
  it('ends with the first line that cannot be written, which is printed', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const full = new Error('ENOSPC: no space left on device');
    const write = vi.fn((): never => {
      throw full;
    });
    const { registry } = setUp({ write });
    for (let i = 0; i < 3; i++) expect(await registry.execute('shell', () => i)).toBe(i);
    expect(write).toHaveBeenCalledOnce();
    expect(printed.mock.calls).toEqual([['toolfuse: the record of calls cannot be written', full]]);
  });

  it('has one line of JSON a call: when, which tool, how long, and how it ended', async () => {
    const { clock, registry, written, lines } = setUp();
    await registry.execute('shell', () => clock.advance(250));
    const call = (tool: string, fault: unknown) =>
      registry.execute(tool, () => Promise.reject(fault)).catch(() => {});
    await call('shell', { status: 400 });
    await call('search', new Error('read ECONNRESET'));
    await call('search', 'never made');
    expect(written.every((text) => text.endsWith('}\n') && text.indexOf('\n') === text.length - 1)).toBe(
      true,
    );
    const plain = {
      registry: 'agent',
      key: null,
      roundTrip: false,
      refused: null,
      probe: false,
      late: false,
    };
    expect(lines()).toEqual([
      {
        ...plain,
        at: wallStart,
        tool: 'shell',
        upstream: null,
        durationMs: 250,
        outcome: 'success',
        category: null,
      },
      {
        ...plain,
        at: wallStart + 250,
        tool: 'shell',
        upstream: null,
        durationMs: 0,
        outcome: 'ignored',
        category: 'invalidParameters',
      },
      {
        ...plain,
        at: wallStart + 250,
        tool: 'search',
        upstream: 'github',
        durationMs: 0,
        outcome: 'failure',
        category: 'network',
      },
      {
        ...plain,
        at: wallStart + 250,
        tool: 'search',
        upstream: 'github',
        durationMs: null,
        outcome: 'refused',
        category: 'network',
        refused: 'upstream',
      },
    ]);
  });

  it('tells of a failure whether it was an answer, so that the upstream is up', async () => {
    const { registry, lines } = setUp();
    const fail = (failure: unknown, options = {}): void => {
      const permit = registry.tryAcquire('search');
      if (permit.admitted) permit.failure(failure, options);
      for (const circuit of ['search', 'github']) registry.reset(circuit);
    };
    fail('serviceUnavailable');
    fail('serviceUnavailable', { roundTrip: true });
    fail({ status: 400 });
    fail(new Error('read ECONNRESET'));
    expect(lines().map(({ category, roundTrip }) => [category, roundTrip])).toEqual([
      ['serviceUnavailable', false],
      ['serviceUnavailable', true],
      ['invalidParameters', true],
      ['network', false],
    ]);
  });

  it('tells targets, probes, late results, and calls that were cancelled or not made', async () => {
    const { clock, registry, lines } = setUp();
    const late = registry.tryAcquire('shell', { key: 'a' });
    registry.recordFailure('shell', 'timeout', { key: 'a' });
    if (late.admitted) late.success();
    clock.advance(10_000);
    const probe = registry.tryAcquire('shell', { key: 'a' });
    if (probe.admitted) probe.release();
    const cancelled = registry.tryAcquire('read');
    if (cancelled.admitted) cancelled.failure('cancelled');
    expect(lines().map(({ tool, key, outcome, probe, late }) => [tool, key, outcome, probe, late])).toEqual([
      ['shell', 'a', 'failure', false, false],
      ['shell', 'a', 'success', false, true],
      ['shell', 'a', 'abandoned', true, false],
      ['read', null, 'cancelled', false, false],
    ]);
  });

  it('has nothing of what a tool was called with, answered, or failed with', async () => {
    const { registry, written } = setUp();
    await registry.wrap('shell', async (_: string) => 'the answer')('the argument');
    await registry.execute('shell', () => Promise.reject(new Error('the words'))).catch(() => {});
    await registry.execute('shell', () => 'x').catch(() => {});
    expect(written).toHaveLength(3);
    expect(written.join('')).not.toMatch(/the (?:answer|argument|words)/);
  });

  it('ends when it is stopped', () => {
    const { registry, written, stop } = setUp();
    stop();
    registry.recordFailure('shell', 'timeout');
    expect(written).toEqual([]);
  });
});

describe('a stream that does not keep up', () => {
  it('costs no memory: lines are left out, and counted', () => {
    const written: string[] = [];
    const stream = { writableLength: 0, write: (text: string) => written.push(text) };
    const { registry } = setUp(stream);
    registry.recordSuccess('shell');
    stream.writableLength = 2 ** 20 + 1;
    for (let call = 0; call < 12; call++) registry.recordSuccess('shell');
    expect(written).toHaveLength(1);
    stream.writableLength = 0;
    registry.recordSuccess('shell');
    expect(written.slice(1).map((text) => JSON.parse(text))).toMatchObject([
      { dropped: 12 },
      { tool: 'shell' },
    ]);
  });

  it('or that fails ends no call, and the record', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const stream = new PassThrough();
    const { registry } = setUp(stream);
    stream.emit('error', new Error('disk full'));
    registry.recordSuccess('shell');
    expect(stream.read()).toBeNull();
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it('or that throws ends no call', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp({
      write() {
        throw new Error('closed');
      },
    });
    expect(await registry.execute('shell', () => 'done')).toBe('done');
  });

  it.each([
    [null, {}, 'recordCalls: stream must be a writable stream, got null'],
    [process.stdout, { name: '' }, 'options.name must be a non-empty string, got ""'],
    [process.stdout, { file: 'x' }, 'options.file is not a setting'],
  ])('or that is none is refused', (stream, options, message) => {
    expect(() => recordCalls(createToolRegistry(), stream as never, options as never)).toThrow(message);
  });
});
