import fc from 'fast-check';
import {
  type CircuitConfig,
  createToolRegistry,
  type PersistedCircuit,
  type PersistedRegistry,
  RestoreError,
  type ToolRegistryOptions,
} from 'toolfuse';
import { describe, expect, it } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const circuit: Partial<CircuitConfig> = {
  failureThreshold: 2,
  minBackoffMs: 1_000,
  probeTimeoutMs: 10_000,
  maxRetryAfterMs: 20_000,
};

function setUp(options: Parameters<typeof createToolRegistry>[0] = {}, clock = new ManualClock(5_000)) {
  const registry = createToolRegistry({ clock, circuit, ...options });
  const trip = (tool: string): void => {
    for (let i = 0; i < 2; i++) registry.recordFailure(tool, 'timeout');
  };
  return { clock, registry, trip };
}

/** A registry in a new process: its own clock restarts, and the wall clock has advanced. */
function restart(
  before: ReturnType<typeof setUp>,
  {
    afterMs = 0,
    restore = before.registry.persist(),
    ...options
  }: ToolRegistryOptions & { readonly afterMs?: number } = {},
) {
  const clock = new ManualClock(700);
  clock.wallOffsetMs = before.clock.wallNow() + afterMs - 700;
  before.registry.stop();
  return setUp({ restore, ...options }, clock);
}

const parse = (document: string): PersistedRegistry => JSON.parse(document);

const byTool = (a: { tool: string }, b: { tool: string }): number => (a.tool < b.tool ? -1 : 1);

/** One tool in each state. */
function everyState() {
  const started = setUp();
  const { clock, registry, trip } = started;
  registry.recordFailure('closed', 'network');
  registry.isolate('isolated');
  registry.isolate('isolated');
  trip('halfOpen');
  clock.advance(1_000);
  registry.allowRequest('halfOpen');
  registry.recordFailure('halfOpen', 'timeout');
  clock.advance(2_000);
  registry.allowRequest('halfOpen');
  trip('open');
  registry.allowRequest('open');
  clock.advance(400);
  return started;
}

describe('a registry that was persisted and restored', () => {
  it('has every circuit in its state, with its counters', () => {
    const before = everyState();
    const was = before.registry.snapshot();
    const { clock, registry } = restart(before);
    const shift = 700 - before.clock.now();
    const instant = (at: number | null) => (at === null ? null : at + shift);
    const is = registry.snapshot();
    expect(is).toMatchObject({ openCircuits: was.openCircuits, openCount: was.openCount });
    expect([...is.diagnostics].sort(byTool)).toEqual(
      [...was.diagnostics].sort(byTool).map((diagnostics) => ({
        ...diagnostics,
        // The counters of calls restart with the process.
        calls: 0,
        successes: 0,
        failures: {},
        openMs: 0,
        openedAt: instant(diagnostics.openedAt),
        lastDeniedAt: instant(diagnostics.lastDeniedAt),
        // No call survives the end of the process, so all probe slots are free.
        probesInFlight: 0,
        ...(diagnostics.status === 'halfOpen' && { available: true, blockedBy: null }),
      })),
    );
    expectAgreement(registry);
    expect(clock.timers).toBeGreaterThan(0);
  });

  it('is the same if the document is passed parsed', () => {
    const before = everyState();
    const document = before.registry.persist();
    const text = restart(before, { restore: document });
    const parsed = restart(before, { restore: parse(document) });
    expect(parsed.registry.snapshot()).toEqual(text.registry.snapshot());
  });

  it('at once persists to the same document', () => {
    const before = everyState();
    const document = before.registry.persist();
    expect(parse(restart(before, { restore: document }).registry.persist())).toEqual(parse(document));
  });

  it('waits for the rest of the backoff by the wall clock, and has a timer running', () => {
    const { clock, registry } = restart(everyState(), { afterMs: 100 });
    expect(registry.remainingBackoffMs('open')).toBe(500);
    expect(registry.allowRequest('open')).toBe(false);
    clock.advance(499);
    expect(registry.state('open')).toBe('open');
    clock.advance(1);
    expect(registry.state('open')).toBe('halfOpen');
  });

  it('has a timer for each open circuit, and leaves none behind', () => {
    const before = setUp();
    for (const tool of ['a', 'b', 'c']) before.trip(tool);
    const { clock, registry } = restart(before);
    expect(clock.timers).toBe(3);
    registry.stop();
    expect(clock.timers).toBe(0);
  });

  it('probes at once if the backoff ran out while it was down', () => {
    const { clock, registry } = restart(everyState(), { afterMs: 60_000 });
    expect(registry.remainingBackoffMs('open')).toBe(0);
    expect(registry.allowRequest('open')).toBe(true);
    expect(registry.state('open')).toBe('halfOpen');
    expect(registry.allowRequest('open')).toBe(false);
    clock.advance(0);
    expectAgreement(registry);
  });

  it('admits a probe at once if it was half-open, and keeps the backoff step', () => {
    const { registry } = restart(everyState());
    expect(registry.state('halfOpen')).toBe('halfOpen');
    expect(registry.allowRequest('halfOpen')).toBe(true);
    expect(registry.allowRequest('halfOpen')).toBe(false);
    registry.recordFailure('halfOpen', 'timeout');
    expect(registry.diagnostics('halfOpen')).toMatchObject({ status: 'open', currentBackoffMs: 4_000 });
  });

  it('reclaims the slot of a probe that hangs after the restart', () => {
    const { clock, registry } = restart(everyState());
    registry.allowRequest('halfOpen');
    clock.advance(10_000);
    expect(registry.allowRequest('halfOpen')).toBe(true);
  });

  it('continues a closed circuit’s count of failures', () => {
    const { registry } = restart(everyState());
    registry.recordFailure('closed', 'network');
    expect(registry.state('closed')).toBe('open');
  });

  it('must be released as often as it was isolated before', () => {
    const { registry } = restart(everyState());
    registry.release('isolated');
    expect(registry.state('isolated')).toBe('isolated');
    registry.release('isolated');
    expect(registry.state('isolated')).toBe('closed');
  });

  it('counts the open ones in its actor, and pauses if they are too many', () => {
    const before = setUp();
    for (const tool of ['a', 'b', 'c']) before.trip(tool);
    const { registry } = restart(before);
    expect(registry.actor.getSnapshot().value).toBe('paused');
    expect(registry.shouldPauseForRecovery()).toBe(true);
    expectAgreement(registry);
  });

  it('does not count a restored circuit as a trip', () => {
    const { registry } = restart(everyState());
    expect(registry.metrics()).toMatchObject({ circuitOpenEvents: 0, halfOpenEvents: 0, breakerDenials: 0 });
  });

  it('lists the open circuits in the order in which they opened', () => {
    const before = setUp();
    for (const tool of ['first', 'second', 'third']) before.trip(tool);
    before.registry.allowRequest('first');
    const { registry } = restart(before);
    expect(registry.openCircuits()).toEqual(['first', 'second', 'third']);
  });

  it('keeps waiting as long as the server had asked', () => {
    const before = setUp();
    before.registry.tool('shell').send({ type: 'FAILURE' });
    before.registry.tool('shell').send({ type: 'FAILURE', retryAfterMs: 8_000 });
    const { clock, registry } = restart(before, { afterMs: 3_000 });
    expect(registry.remainingBackoffMs('shell')).toBe(5_000);
    clock.advance(5_000);
    expect(registry.state('shell')).toBe('halfOpen');
  });

  it('keeps the order of use: the least recently used circuit is forgotten first', () => {
    const before = setUp();
    for (const tool of ['a', 'b', 'c']) before.registry.tool(tool);
    before.registry.allowRequest('a');
    const { registry } = restart(before, { maxTools: 3 });
    registry.tool('d');
    expect(
      registry
        .snapshot()
        .diagnostics.map(({ tool }) => tool)
        .sort(),
    ).toEqual(['a', 'c', 'd']);
    registry.tool('e');
    expect(
      registry
        .snapshot()
        .diagnostics.map(({ tool }) => tool)
        .sort(),
    ).toEqual(['a', 'd', 'e']);
  });

  it('keeps all open circuits and the most recently used closed ones if fewer tools are allowed than before', () => {
    const before = setUp();
    before.trip('open');
    for (const tool of ['a', 'b', 'c', 'd']) before.registry.tool(tool);
    const { registry } = restart(before, { maxTools: 3 });
    expect(
      registry
        .snapshot()
        .diagnostics.map(({ tool }) => tool)
        .sort(),
    ).toEqual(['c', 'd', 'open']);
    expectAgreement(registry);
  });

  it('restores tools of any name', () => {
    const before = setUp();
    const names = ['__proto__', 'constructor', '', '*', 'xstate.stop', 'ü'.repeat(10_000), '\ud800'];
    for (const name of names) before.trip(name);
    const { registry } = restart(before);
    expect([...registry.openCircuits()].sort()).toEqual([...names].sort());
  });

  it('restores the circuit of a tool beside those of its keys', () => {
    const before = setUp();
    const keys = [undefined, 'a.example', 'b.example'];
    for (const key of keys) before.registry.recordSuccess('fetch', key === undefined ? {} : { key });
    before.registry.recordFailure('fetch', 'timeout', { key: 'b.example' });
    before.registry.recordFailure('fetch', 'timeout', { key: 'b.example' });
    const { registry } = restart(before);
    const states = keys.map((key) => registry.diagnostics('fetch', key === undefined ? {} : { key }).status);
    expect(states).toEqual(['closed', 'closed', 'open']);
  });

  it('uses the current settings, not the earlier ones', () => {
    const before = setUp();
    before.registry.recordFailure('shell', 'timeout');
    const { registry } = restart(before, { circuit: { failureThreshold: 3 } });
    registry.recordFailure('shell', 'timeout');
    expect(registry.state('shell')).toBe('closed');
    registry.recordFailure('shell', 'timeout');
    expect(registry.state('shell')).toBe('open');
  });
});

describe('a wall clock that was changed while the process was down', () => {
  it.each([-1, -60_000, -1e12])('back by %d ms never makes the wait longer than the backoff', (afterMs) => {
    const { clock, registry } = restart(everyState(), { afterMs });
    const left = registry.remainingBackoffMs('open') ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1_000);
    expect(registry.diagnostics('open').openedAt).toBeLessThanOrEqual(clock.now());
    expect(registry.diagnostics('open').lastDeniedAt).toBeLessThanOrEqual(clock.now());
    clock.advance(left);
    expect(registry.state('open')).toBe('halfOpen');
  });

  it('back limits the wait that the server asked for to maxRetryAfterMs', () => {
    const before = setUp();
    before.registry.tool('shell').send({ type: 'FAILURE' });
    before.registry.tool('shell').send({ type: 'FAILURE', retryAfterMs: 8_000 });
    const { registry } = restart(before, { afterMs: -1e9 });
    expect(registry.remainingBackoffMs('shell')).toBe(20_000);
  });

  it('back does not lengthen an isolation that has an end', () => {
    const before = setUp();
    before.registry.isolate('shell', { forMs: 8_000 });
    before.clock.advance(3_000);
    const { clock, registry } = restart(before, { afterMs: -3_600_000 });
    expect(registry.diagnostics('shell').isolatedUntil).toBe(clock.now() + 8_000);
    clock.advance(8_000);
    expect(registry.state('shell')).toBe('closed');
  });

  it('by nothing keeps the end of an isolation', () => {
    const before = setUp();
    before.registry.isolate('shell', { forMs: 8_000 });
    before.clock.advance(3_000);
    const { clock, registry } = restart(before);
    clock.advance(4_999);
    expect(registry.state('shell')).toBe('isolated');
    clock.advance(1);
    expect(registry.state('shell')).toBe('closed');
  });

  it('far forward ends any wait', () => {
    const { registry } = restart(everyState(), { afterMs: 1e13 });
    expect(registry.remainingBackoffMs('open')).toBe(0);
    expect(registry.allowRequest('open')).toBe(true);
  });
});

/** Tries to restore a document. @returns The error, and everything that was started. */
function attempt(restore: unknown) {
  const clock = new ManualClock();
  const seen: InspectionEvent[] = [];
  try {
    const registry = createToolRegistry({
      clock,
      circuit,
      restore: restore as string,
      inspect: (event) => seen.push(event),
    });
    return { registry, error: undefined, clock, seen };
  } catch (error) {
    return { registry: undefined, error, clock, seen };
  }
}

function expectRefused(restore: unknown, message: RegExp): void {
  const { error, clock, seen } = attempt(restore);
  expect(error).toBeInstanceOf(RestoreError);
  expect((error as RestoreError).name).toBe('RestoreError');
  expect((error as RestoreError).message).toMatch(message);
  expect((error as RestoreError).message.length).toBeLessThan(300);
  expect(clock.timers, 'timers').toBe(0);
  expect(seen, 'actors').toEqual([]);
}

const valid = (): { circuits: Record<string, unknown>[] } & Record<string, unknown> =>
  JSON.parse(everyState().registry.persist());

describe('a document that cannot be restored', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', '', /not JSON/],
    ['half a document', everyState().registry.persist().slice(0, -7), /not JSON/],
    ['a page of HTML', '<!doctype html>', /not JSON.*doctype/],
    ['the document of another program', '{"format":"opossum"}', /not written by toolfuse/],
    ['null', null, /not written by toolfuse: null/],
    ['JSON null', 'null', /not written by toolfuse: null/],
    ['a number', 5, /not written by toolfuse: 5/],
    ['a bigint', 5n, /not written by toolfuse/],
    ['a symbol', Symbol('x'), /not written by toolfuse/],
    ['a function', () => 1, /not written by toolfuse/],
    ['a list', [], /not written by toolfuse/],
    ['a document of an older version', { ...valid(), version: 0 }, /restore\.version.*1.*got 0/],
    ['a document of a newer version', { ...valid(), version: 2 }, /restore\.version.*1.*got 2/],
    ['a document without a version', { ...valid(), version: undefined }, /restore\.version/],
    ['a version as a bigint', { ...valid(), version: 1n }, /restore\.version/],
    ['a time of saving that is text', { ...valid(), savedTime: 'today' }, /restore\.savedTime.*ms.*"today"/],
    ['no circuits', { ...valid(), circuits: undefined }, /restore\.circuits/],
    ['circuits by name', { ...valid(), circuits: {} }, /restore\.circuits/],
    ['a circuit that is null', { ...valid(), circuits: [null] }, /restore\.circuits\[0\].*null/],
    ['a circuit that is a list', { ...valid(), circuits: [[]] }, /restore\.circuits\[0\]/],
    // biome-ignore lint/suspicious/noSparseArray: the hole is the point of this case.
    ['a hole for a circuit', { ...valid(), circuits: [, ...valid().circuits] }, /restore\.circuits\[0\]/],
    [
      'a tool that appears twice',
      { ...valid(), circuits: [...valid().circuits, ...valid().circuits] },
      /restore\.circuits\[4\]\.tool.*twice.*"closed"/,
    ],
    [
      'a key that appears twice',
      { ...valid(), circuits: [0, 1].map(() => ({ ...valid().circuits[0], key: 'a.example' })) },
      /restore\.circuits\[1\]\.tool.*twice/,
    ],
  ])('is %s', (_, document, message) => {
    expectRefused(document, message);
  });

  it('is refused with the error of its parser as the cause', () => {
    expect((attempt('{').error as RestoreError).cause).toBeInstanceOf(SyntaxError);
  });

  it('may contain itself', () => {
    const document: Record<string, unknown> = {};
    document.self = document;
    expectRefused(document, /not written by toolfuse/);
    expectRefused({ ...valid(), circuits: [{ ...valid().circuits[0], tool: document }] }, /\.tool/);
  });

  it('may be nested very deeply', () => {
    expectRefused(`${'['.repeat(200_000)}${']'.repeat(200_000)}`, /not written by toolfuse/);
  });

  it.each(
    Object.entries<unknown[]>({
      tool: [null, undefined, 5, {}, 5n],
      state: [null, undefined, 'OPEN', 'beginning', '__proto__', ['open'], 0, 5n],
      failureCount: [null, undefined, -1, 1.5, '1', Number.NaN, Infinity, 2 ** 53, 5n],
      lastFailureTime: [undefined, '1', Number.NaN, Infinity, {}, 5n],
      lastErrorCategory: [undefined, 'oops', 'constructor', 5, {}],
      currentBackoffMs: [null, undefined, -1, '1', Number.NaN, Infinity],
      notBeforeTime: [undefined, '1', Number.NaN, Infinity],
      openedTime: [undefined, '1', Number.NaN, Infinity],
      openCount: [null, undefined, -1, 1.5, '1', Number.NaN, Infinity],
      deniedRequests: [null, undefined, -1, 1.5, '1', Number.NaN, Infinity],
      lastDeniedTime: [undefined, '1', Number.NaN, Infinity],
      isolations: [null, undefined, -1, 1.5, '1', Number.NaN, Infinity],
      backoffStep: [null, undefined, -1, 1.5, '1', Number.NaN, Infinity],
      baseBackoffMs: [null, undefined, -1, '1', Number.NaN, Infinity],
      isolatedUntilTime: [undefined, '1', Number.NaN, Infinity],
      isolatedBy: [null, 5, {}, []],
      closedTime: [undefined, '1', Number.NaN, Infinity],
      key: [null, 1, {}, []],
    } satisfies Record<keyof PersistedCircuit, unknown[]>),
  )('names the %s that is wrong', (field, values) => {
    for (const value of values) {
      const document = valid();
      const [first, second, ...others] = document.circuits;
      document.circuits = [{ ...first }, { ...second, [field]: value }, ...others];
      expectRefused(document, new RegExp(`restore\\.circuits\\[1\\]\\.${field} `));
    }
  });
});

describe('any change to a valid document', () => {
  const json = fc.jsonValue({ maxDepth: 2 });
  const odd = fc.constantFrom<unknown>(
    undefined,
    Number.NaN,
    Infinity,
    -0,
    -1,
    1e308,
    -1e308,
    Number.MAX_SAFE_INTEGER,
    5n,
    Symbol('x'),
    () => 1,
    'isolated',
    'halfOpen',
    'open',
    'closed',
    null,
  );
  const value = fc.oneof(json, odd);
  const change = fc.oneof(
    fc.record({
      at: fc.constant('top' as const),
      field: fc.constantFrom('format', 'version', 'savedTime', 'circuits', 'x'),
      value,
    }),
    fc.record({
      at: fc.nat(3),
      field: fc.constantFrom(...Object.keys(valid().circuits[0] ?? {}), 'x', 'config', 'generation'),
      value,
    }),
  );

  it('either restores or is refused with a RestoreError', () => {
    const base = everyState().registry.persist();
    checkProperty(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const document = JSON.parse(base);
        for (const { at, field, value } of changes) {
          const target = at === 'top' ? document : document.circuits?.[at];
          if (typeof target === 'object' && target !== null) target[field] = value;
        }
        const { registry, error, clock } = attempt(document);
        if (registry === undefined) {
          expect(error).toBeInstanceOf(RestoreError);
          expect(clock.timers).toBe(0);
          return;
        }
        expectAgreement(registry);
        for (const { tool, status } of registry.snapshot().diagnostics) {
          registry.tryAcquire(tool);
          for (let i = 0; i < 3; i++) registry.recordFailure(tool, 'timeout');
          expect(registry.state(tool)).toBe(status === 'isolated' ? 'isolated' : 'open');
          registry.release(tool);
        }
        clock.advance(1_000);
        expectAgreement(registry);
        registry.stop();
        expect(clock.timers).toBe(0);
      }),
      { atLeast: 100, atMost: 400 },
    );
  });

  it('does the same if it is made to the text', () => {
    const base = everyState().registry.persist();
    checkProperty(
      fc.property(fc.nat(base.length), fc.nat(20), fc.string({ maxLength: 5 }), (from, length, text) => {
        const { error } = attempt(base.slice(0, from) + text + base.slice(from + length));
        if (error !== undefined) expect(error).toBeInstanceOf(RestoreError);
      }),
      { atLeast: 100, atMost: 400 },
    );
  });
});

describe('persist', () => {
  it('writes a JSON document with wall-clock times', () => {
    const started = everyState();
    expect(parse(started.registry.persist())).toMatchObject({
      format: 'toolfuse',
      version: 1,
      savedTime: started.clock.wallNow(),
      circuits: [
        { tool: 'closed', state: 'closed', failureCount: 1 },
        { tool: 'halfOpen', state: 'halfOpen', currentBackoffMs: 2_000, openCount: 2 },
        { tool: 'isolated', state: 'isolated', isolations: 2 },
        {
          tool: 'open',
          state: 'open',
          lastFailureTime: started.clock.wallNow() - 400,
          openedTime: started.clock.wallNow() - 400,
          lastErrorCategory: 'timeout',
          deniedRequests: 1,
        },
      ],
    });
  });

  it('writes an empty document for an unused registry, and it restores', () => {
    const before = setUp();
    const { registry } = restart(before);
    expect(registry.snapshot()).toEqual({ diagnostics: [], openCircuits: [], openCount: 0 });
  });

  it('still works after the registry has stopped', () => {
    const { registry } = everyState();
    const before = registry.persist();
    registry.stop();
    expect(parse(registry.persist())).toEqual(parse(before));
  });
});
