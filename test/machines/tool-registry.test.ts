import fc from 'fast-check';
import {
  type CircuitState,
  countsAsOpen,
  initialContext,
  type RecoveryConfig,
  type ToolCircuitEvent,
  type ToolCircuitRef,
  type ToolRegistryEmitted,
  toolCircuitMachine,
  toolRegistryMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';
import { checkProperty } from '../support/property.ts';
import { contextOf, delaysOf, fail, stateOf } from './start-circuit.ts';

/** A registry actor and its circuits, made as `createToolRegistry` makes them. */
function startRegistry(recovery: Partial<RecoveryConfig> = {}, clock = new ManualClock()) {
  const emitted: ToolRegistryEmitted[] = [];
  const registry = createActor(toolRegistryMachine, { input: { now: clock.now, recovery }, clock });
  registry.on('*', (event) => void emitted.push(event));
  registry.start();
  /** Spawns circuits that trip at their first failure. */
  const spawn = (...tools: string[]): ToolCircuitRef[] =>
    tools.map((tool) =>
      createActor(toolCircuitMachine, {
        parent: registry,
        id: tool,
        input: { tool, now: clock.now, config: { failureThreshold: 1 } },
      }).start(),
    );
  const spawnOpen = (...tools: string[]): ToolCircuitRef[] => {
    const circuits = spawn(...tools);
    for (const circuit of circuits) fail(circuit);
    return circuits;
  };
  const context = () => registry.getSnapshot().context;
  const value = () => registry.getSnapshot().value;
  /** The events emitted since the last call. */
  const news = () => emitted.splice(0);
  /** The types of the events emitted since the last call. */
  const newsTypes = () => news().map(({ type }) => type);
  return { registry, clock, spawn, spawnOpen, context, value, news, newsTypes };
}

const only = <T>(list: T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

const forgotten = (circuits: ToolCircuitRef[]) =>
  circuits.map((ref) => ({ tool: ref.id, key: null, state: stateOf(ref) as CircuitState, ref }));

describe('a new registry', () => {
  it('is operational, without circuits', () => {
    const { context, value, newsTypes } = startRegistry();
    expect(value()).toBe('operational');
    expect(context()).toMatchObject({
      config: { maxOpenCircuits: 3, cooldownMs: 60_000, maxOpenShare: 1 },
      counts: { closed: 0, open: 0, halfOpen: 0, isolated: 0, disabled: 0 },
      openCount: 0,
      openCircuits: [],
      overCap: null,
      pauseReason: null,
      pausedAt: null,
      silencedUntil: null,
      circuitOpenEvents: 0,
      halfOpenEvents: 0,
      breakerDenials: 0,
    });
    expect(newsTypes()).toEqual([]);
  });

  it('has no timer', () => {
    expect(startRegistry().clock.timers).toBe(0);
  });
});

describe('a registry of circuits', () => {
  it('counts new circuits as closed, and emits nothing', () => {
    const { spawn, context, newsTypes } = startRegistry();
    spawn('a', 'b');
    expect(context().counts).toEqual({ closed: 2, open: 0, halfOpen: 0, isolated: 0, disabled: 0 });
    expect(newsTypes()).toEqual([]);
  });

  it('counts each circuit by its state', () => {
    const { clock, spawn, spawnOpen, context } = startRegistry();
    spawnOpen('halfOpen');
    clock.advance(5_000);
    spawnOpen('open');
    const [isolated] = spawn('isolated', 'closed', 'closed too');
    isolated?.send({ type: 'ISOLATE' });
    expect(context().counts).toEqual({ closed: 2, open: 1, halfOpen: 1, isolated: 1, disabled: 0 });
  });

  it('counts an isolated circuit as open, but not a half-open one', () => {
    const { clock, spawn, spawnOpen, context } = startRegistry();
    spawnOpen('a');
    only(spawn('b')).send({ type: 'ISOLATE' });
    expect(context()).toMatchObject({ openCount: 2, openCircuits: ['a', 'b'] });
    clock.advance(5_000);
    expect(context()).toMatchObject({ openCount: 1, openCircuits: ['b'] });
  });

  it('lists the open circuits in the order in which they opened', () => {
    const { clock, spawnOpen, context } = startRegistry();
    const circuits = spawnOpen('z', 'm', 'a');
    expect(context().openCircuits).toEqual(['z', 'm', 'a']);
    circuits[1]?.send({ type: 'SUCCESS' });
    expect(context().openCircuits).toEqual(['z', 'a']);
    clock.advance(1);
    fail(circuits[1] as ToolCircuitRef);
    expect(context().openCircuits).toEqual(['z', 'a', 'm']);
  });

  it('keeps the position of a circuit that goes from open to isolated', () => {
    const { spawnOpen, context } = startRegistry();
    const [first] = spawnOpen('a', 'b');
    first?.send({ type: 'ISOLATE' });
    expect(context()).toMatchObject({
      openCircuits: ['a', 'b'],
      openCount: 2,
      counts: { closed: 0, open: 1, halfOpen: 0, isolated: 1, disabled: 0 },
    });
  });

  it('tells circuits with odd names apart', () => {
    const { spawnOpen, context } = startRegistry();
    const circuits = spawnOpen('__proto__', 'constructor', '');
    expect(context().openCircuits).toEqual(['__proto__', 'constructor', '']);
    circuits[0]?.send({ type: 'SUCCESS' });
    expect(context().openCircuits).toEqual(['constructor', '']);
  });

  it('counts trips, half-openings and denials since its start', () => {
    const { clock, spawnOpen, context } = startRegistry();
    const circuit = only(spawnOpen('a'));
    circuit.send({ type: 'REQUEST' });
    circuit.send({ type: 'REQUEST' });
    clock.advance(5_000);
    fail(circuit);
    clock.advance(10_000);
    circuit.send({ type: 'SUCCESS' });
    expect(context()).toMatchObject({ circuitOpenEvents: 2, halfOpenEvents: 2, breakerDenials: 2 });
  });

  it('does not count an isolation as a trip', () => {
    const { spawn, context } = startRegistry();
    only(spawn('a')).send({ type: 'ISOLATE' });
    expect(context()).toMatchObject({ circuitOpenEvents: 0, openCount: 1 });
  });

  it('counts a circuit made from a snapshot by the state in which it resumes, without counting a trip', () => {
    const { registry, clock, context, newsTypes } = startRegistry();
    for (const value of ['open', 'isolated', 'halfOpen', 'closed'] as const) {
      const input = { tool: value, now: clock.now };
      const known = {
        reportedState: null,
        lastFailureAt: 0,
        openedAt: 0,
        currentBackoffMs: 5_000,
        isolations: 1,
      };
      const snapshot = toolCircuitMachine.resolveState({
        value,
        context: { ...initialContext(input), ...known },
      });
      createActor(toolCircuitMachine, { parent: registry, id: value, snapshot, input })
        .start()
        .send({ type: 'RESUME' });
    }
    expect(context()).toMatchObject({
      counts: { closed: 1, open: 1, halfOpen: 1, isolated: 1, disabled: 0 },
      openCircuits: ['open', 'isolated'],
      openCount: 2,
      circuitOpenEvents: 0,
      halfOpenEvents: 0,
    });
    expect(newsTypes()).toEqual([]);
  });
});

describe('the events of a registry about its circuits', () => {
  it('include each change of state, exactly', () => {
    const { clock, spawn, news } = startRegistry();
    const circuit = only(spawn('a'));
    circuit.send({ type: 'FAILURE', category: 'timeout' });
    clock.advance(5_000);
    circuit.send({ type: 'FAILURE', category: 'network' });
    clock.advance(10_000);
    circuit.send({ type: 'SUCCESS' });
    circuit.send({ type: 'ISOLATE' });
    circuit.send({ type: 'RELEASE' });
    const at = (from: string, openCount: number, currentBackoffMs: number, lastErrorCategory: unknown) => ({
      tool: 'a',
      key: null,
      from,
      openCount,
      currentBackoffMs,
      lastErrorCategory,
    });
    expect(news()).toEqual([
      { type: 'circuit.opened', ...at('closed', 1, 5_000, 'timeout') },
      { type: 'circuit.halfOpened', ...at('open', 1, 5_000, 'timeout') },
      { type: 'circuit.opened', ...at('halfOpen', 2, 10_000, 'network') },
      { type: 'circuit.halfOpened', ...at('open', 2, 10_000, 'network') },
      { type: 'circuit.closed', ...at('halfOpen', 2, 0, null) },
      { type: 'circuit.isolated', ...at('closed', 2, 0, null) },
      { type: 'circuit.closed', ...at('isolated', 2, 0, null) },
    ]);
  });

  it('include each denial, exactly', () => {
    const { clock, spawn, news } = startRegistry();
    const circuit = only(spawn('a'));
    circuit.send({ type: 'FAILURE', category: 'rateLimit' });
    clock.advance(40);
    news();
    circuit.send({ type: 'REQUEST' });
    expect(news()).toEqual([
      { type: 'circuit.denied', tool: 'a', key: null, at: 40, state: 'open', lastErrorCategory: 'rateLimit' },
    ]);
  });

  it.each<[key: string | undefined, news: string | null]>([
    ['example.org', 'example.org'],
    [undefined, null],
  ])('say which circuit of a tool they are about (key: %s)', (given, key) => {
    const { registry, news } = startRegistry();
    const circuit = { tool: 'a', ...(given !== undefined && { key: given }), lastErrorCategory: null };
    registry.send({ type: 'REQUEST_DENIED', ...circuit, at: 0, state: 'open' });
    registry.send({ type: 'TRIP_SPARED', ...circuit, state: 'closed', why: 'observe', isFirst: true });
    registry.send({ type: 'CALL_SPARED', ...circuit, state: 'open' });
    const change = { from: 'closed', openCount: 1, currentBackoffMs: 5_000 } as const;
    registry.send({ type: 'CIRCUIT_CHANGED', ...circuit, ...change, to: 'open' });
    expect(news()).toMatchObject([
      { type: 'circuit.denied', tool: 'a', key },
      { type: 'circuit.spared', what: 'trip', tool: 'a', key },
      { type: 'circuit.spared', what: 'call', tool: 'a', key },
      { type: 'circuit.opened', tool: 'a', key },
    ]);
  });

  it('are emitted when the registry has already counted the change', () => {
    const { registry, spawn } = startRegistry();
    const seen: unknown[] = [];
    const [circuit] = spawn('a');
    registry.on('circuit.opened', () => seen.push(contextOf(circuit as ToolCircuitRef).openCount));
    fail(circuit as ToolCircuitRef);
    expect(seen).toEqual([1]);
  });
});

describe('a recovery pause', () => {
  it('is not called for while fewer than maxOpenCircuits circuits are open', () => {
    const { spawnOpen, value } = startRegistry();
    spawnOpen('a', 'b');
    expect(value()).toBe('operational');
  });

  it('is called for at maxOpenCircuits, with a reason that names the circuits', () => {
    const { clock, spawnOpen, value, context, news } = startRegistry();
    clock.advance(70);
    spawnOpen('a', 'b');
    news();
    spawnOpen('c');
    expect(value()).toBe('paused');
    expect(context()).toMatchObject({ pauseReason: '3 circuits open: a, b, c', pausedAt: 70 });
    expect(news().map((event) => (event.type === 'circuit.opened' ? event.type : event))).toEqual([
      'circuit.opened',
      {
        type: 'recovery.paused',
        runs: [],
        reason: '3 circuits open: a, b, c',
        openCircuits: ['a', 'b', 'c'],
        openCount: 3,
      },
    ]);
  });

  it('is called for by isolated circuits as well as open ones', () => {
    const { spawn, spawnOpen, value, context } = startRegistry();
    spawnOpen('a', 'b');
    only(spawn('c')).send({ type: 'ISOLATE' });
    expect(value()).toBe('paused');
    expect(context().pauseReason).toBe('3 circuits open: a, b, c');
  });

  it('is called for by restored circuits too', () => {
    const { registry, clock, value } = startRegistry({ maxOpenCircuits: 1 });
    const input = { tool: 'a', now: clock.now };
    const context = { ...initialContext(input), reportedState: null, lastFailureAt: 0, openedAt: 0 };
    const snapshot = toolCircuitMachine.resolveState({ value: 'open', context });
    createActor(toolCircuitMachine, { parent: registry, id: 'a', snapshot, input })
      .start()
      .send({ type: 'RESUME' });
    expect(value()).toBe('paused');
  });

  it('is not called for by a disabled circuit that would have tripped', () => {
    const { registry, spawn, value, newsTypes } = startRegistry();
    const [circuit] = spawn('shell') as [ToolCircuitRef];
    circuit.send({ type: 'DISABLE' });
    fail(circuit, 2);
    expect(newsTypes()).toEqual(['circuit.disabled', 'circuit.spared']);
    expect(value()).toBe('operational');
    expect(registry.getSnapshot().context.overCap).toBeNull();
  });

  it('that maxOpenShare called for is not ended by a disabled circuit that would have tripped', () => {
    const { registry, spawn, value } = startRegistry();
    const [circuit] = spawn('shell') as [ToolCircuitRef];
    registry.send({
      type: 'TRIP_SPARED',
      tool: 'over',
      key: null,
      state: 'closed',
      why: 'cap',
      isFirst: true,
      lastErrorCategory: null,
    });
    expect(value()).toBe('paused');
    circuit.send({ type: 'DISABLE' });
    fail(circuit);
    expect(value()).toBe('paused');
    expect(registry.getSnapshot().context.overCap).toBe('over');
  });

  it('that maxOpenShare called for names what is over the share alone while nothing else is open', () => {
    const { registry, clock, spawnOpen, context, value } = startRegistry();
    spawnOpen('a');
    const spared = { tool: 'b', key: null, state: 'closed', why: 'cap', lastErrorCategory: null } as const;
    registry.send({ type: 'TRIP_SPARED', isFirst: true, ...spared });
    expect(context().pauseReason).toBe('1 circuit open: a; b fails too, and no more may open');
    clock.advance(5_000);
    expect([value(), context().counts.halfOpen]).toEqual(['paused', 1]);
    expect(context().pauseReason).toBe('b fails too, and no more may open');
  });

  it('is announced once, even if more circuits open', () => {
    const { spawnOpen, newsTypes } = startRegistry();
    spawnOpen('a', 'b', 'c', 'd', 'e');
    expect(newsTypes().filter((type) => type === 'recovery.paused')).toHaveLength(1);
  });

  it('ends by itself when enough circuits have recovered', () => {
    const { clock, spawnOpen, value, context, news } = startRegistry();
    spawnOpen('a', 'b');
    clock.advance(1_000);
    spawnOpen('c');
    news();
    clock.advance(4_000);
    expect(value()).toBe('operational');
    expect(context()).toMatchObject({ pauseReason: null, pausedAt: null, silencedUntil: null });
    expect(news().filter(({ type }) => type.startsWith('recovery'))).toEqual([
      { type: 'recovery.resumed', because: 'recovered', openCount: 2 },
    ]);
  });

  it('lasts while the same number of circuits is open', () => {
    const { spawnOpen, value } = startRegistry();
    const [first] = spawnOpen('a', 'b', 'c', 'd');
    first?.send({ type: 'SUCCESS' });
    expect(value()).toBe('paused');
  });

  it('can be called for again at once after it has ended by itself', () => {
    const { spawnOpen, value, newsTypes } = startRegistry();
    const [first] = spawnOpen('a', 'b', 'c');
    first?.send({ type: 'SUCCESS' });
    expect(value()).toBe('operational');
    newsTypes();
    spawnOpen('d');
    expect(value()).toBe('paused');
    expect(newsTypes()).toEqual(['circuit.opened', 'recovery.paused']);
  });

  it('is never called for if maxOpenCircuits is Infinity', () => {
    const { spawnOpen, value, newsTypes } = startRegistry({ maxOpenCircuits: Infinity });
    spawnOpen(...Array.from({ length: 50 }, (_, i) => `t${i}`));
    expect(value()).toBe('operational');
    expect(newsTypes()).not.toContain('recovery.paused');
  });

  it('has no timer', () => {
    const { registry, spawn, clock } = startRegistry({ maxOpenCircuits: 1 });
    only(spawn('a')).send({ type: 'ISOLATE' });
    expect(registry.getSnapshot().value).toBe('paused');
    expect(clock.timers).toBe(0);
  });
});

describe('a recovery pause for runs that repeat themselves', () => {
  const stopped = (run: string, isObserved = false) =>
    ({ type: 'LOOP_STOPPED', run, tool: 'a', kind: 'sameCall', count: 10, isObserved }) as const;

  it('names each run once, the last that was stopped last, and lasts until none is left', () => {
    const { registry, context, value } = startRegistry();
    registry.send(stopped('observed', true));
    expect(value()).toBe('operational');
    const reasons = [];
    for (const event of [
      stopped('r1'),
      stopped('r2'),
      stopped('r1'),
      { type: 'LOOP_ENDED', run: 'r3' },
      { type: 'LOOP_ENDED', run: 'r1' },
    ] as const) {
      registry.send(event);
      reasons.push([context().stoppedRuns, context().pauseReason]);
    }
    expect(reasons).toEqual([
      [['r1'], 'a run repeats itself: r1'],
      [['r1', 'r2'], '2 runs repeat themselves: r1, r2'],
      [['r2', 'r1'], '2 runs repeat themselves: r2, r1'],
      [['r2', 'r1'], '2 runs repeat themselves: r2, r1'],
      [['r2'], 'a run repeats itself: r2'],
    ]);
    registry.send({ type: 'LOOP_ENDED', run: 'r2' });
    expect([value(), context().pauseReason]).toEqual(['operational', null]);
  });
});

describe('an acknowledged pause', () => {
  /** A paused registry whose circuits stay open until they are released. */
  function startPaused(recovery: Partial<RecoveryConfig> = {}) {
    const started = startRegistry(recovery);
    const circuits = started.spawn('a', 'b', 'c');
    for (const circuit of circuits) circuit.send({ type: 'ISOLATE' });
    expect(started.value()).toBe('paused');
    started.news();
    return { ...started, circuits };
  }

  it('ends at once, because the user said so', () => {
    const { registry, value, context, news } = startPaused();
    registry.send({ type: 'ACKNOWLEDGE' });
    expect(value()).toBe('operational');
    expect(context()).toMatchObject({ pauseReason: null, pausedAt: null, silencedUntil: 60_000 });
    expect(news()).toEqual([{ type: 'recovery.resumed', because: 'acknowledged', openCount: 3 }]);
  });

  it('is followed by silence for cooldownMs, and then by another pause if too many circuits are still open', () => {
    const { registry, clock, spawn, value, context, news, newsTypes } = startPaused();
    clock.advance(500);
    registry.send({ type: 'ACKNOWLEDGE' });
    only(spawn('d')).send({ type: 'ISOLATE' });
    clock.advance(59_999);
    expect(value()).toBe('operational');
    expect(newsTypes()).not.toContain('recovery.paused');
    clock.advance(1);
    expect(value()).toBe('paused');
    expect(context()).toMatchObject({ pausedAt: 60_500, silencedUntil: null });
    expect(news()).toEqual([
      {
        type: 'recovery.paused',
        runs: [],
        reason: '4 circuits open: a, b, c, d',
        openCircuits: ['a', 'b', 'c', 'd'],
        openCount: 4,
      },
    ]);
  });

  it('is followed by no pause if enough circuits have recovered meanwhile', () => {
    const { registry, clock, circuits, value, context, newsTypes } = startPaused();
    registry.send({ type: 'ACKNOWLEDGE' });
    circuits[0]?.send({ type: 'RELEASE' });
    clock.advance(60_000);
    expect(value()).toBe('operational');
    expect(context().silencedUntil).toBeNull();
    expect(newsTypes()).toEqual(['recovery.resumed', 'circuit.closed']);
    expect(clock.timers).toBe(0);
  });

  it('is followed by a pause at once if too many circuits open after the cooldown', () => {
    const { registry, clock, circuits, value } = startPaused();
    registry.send({ type: 'ACKNOWLEDGE' });
    circuits[0]?.send({ type: 'RELEASE' });
    clock.advance(60_000);
    circuits[0]?.send({ type: 'ISOLATE' });
    expect(value()).toBe('paused');
  });

  it('is not silent for longer after a second ACKNOWLEDGE', () => {
    const { registry, clock, value, newsTypes } = startPaused();
    registry.send({ type: 'ACKNOWLEDGE' });
    clock.advance(30_000);
    newsTypes();
    registry.send({ type: 'ACKNOWLEDGE' });
    expect(newsTypes()).toEqual([]);
    clock.advance(30_000);
    expect(value()).toBe('paused');
  });

  it('can be repeated', () => {
    const { registry, clock, value } = startPaused({ cooldownMs: 10 });
    for (let i = 0; i < 5; i++) {
      registry.send({ type: 'ACKNOWLEDGE' });
      expect(value()).toBe('operational');
      clock.advance(10);
      expect(value()).toBe('paused');
    }
  });

  it('stays silent until the end of a cooldown longer than 2^31 ms', () => {
    const cooldownMs = 30 * 24 * 3_600_000;
    const { registry, clock, value } = startPaused({ cooldownMs });
    const delays = delaysOf(clock);
    registry.send({ type: 'ACKNOWLEDGE' });
    clock.advance(cooldownMs - 1);
    expect(value()).toBe('operational');
    clock.advance(1);
    expect(value()).toBe('paused');
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it('stays silent forever if cooldownMs is Infinity', () => {
    const { registry, clock, value } = startPaused({ cooldownMs: Infinity });
    registry.send({ type: 'ACKNOWLEDGE' });
    clock.advance(365 * 24 * 3_600_000);
    expect(value()).toBe('operational');
  });

  it('has one timer', () => {
    const { registry, clock } = startPaused();
    registry.send({ type: 'ACKNOWLEDGE' });
    expect(clock.timers).toBe(1);
  });

  it('has no effect while there is no pause', () => {
    const { registry, clock, context, newsTypes } = startRegistry();
    registry.send({ type: 'ACKNOWLEDGE' });
    expect(context().silencedUntil).toBeNull();
    expect(clock.timers).toBe(0);
    expect(newsTypes()).toEqual([]);
  });
});

describe('FORGET', () => {
  it('stops a circuit, completes its observers and no longer counts it', () => {
    const { registry, spawn, context } = startRegistry();
    const [first] = spawn('a', 'b');
    let completions = 0;
    first?.subscribe({ complete: () => void completions++ });
    registry.send({ type: 'FORGET', circuits: forgotten([first as ToolCircuitRef]) });
    expect(first?.getSnapshot().status).toBe('stopped');
    expect(completions).toBe(1);
    expect(context().counts.closed).toBe(1);
  });

  it('emits nothing for a closed circuit, and a closing for any other', () => {
    const { registry, clock, spawn, spawnOpen, context, news } = startRegistry();
    const halfOpen = spawnOpen('halfOpen');
    clock.advance(5_000);
    const open = spawnOpen('open');
    const isolated = spawn('isolated');
    isolated[0]?.send({ type: 'ISOLATE' });
    const closed = spawn('closed');
    news();
    registry.send({ type: 'FORGET', circuits: forgotten([...closed, ...open, ...isolated, ...halfOpen]) });
    const closing = {
      type: 'circuit.closed',
      key: null,
      openCount: 0,
      currentBackoffMs: 0,
      lastErrorCategory: null,
    };
    expect(news()).toEqual([
      { ...closing, tool: 'open', from: 'open' },
      { ...closing, tool: 'isolated', from: 'isolated' },
      { ...closing, tool: 'halfOpen', from: 'halfOpen' },
    ]);
    expect(context()).toMatchObject({
      counts: { closed: 0, open: 0, halfOpen: 0, isolated: 0, disabled: 0 },
      openCount: 0,
      openCircuits: [],
    });
  });

  it('ends a pause when enough circuits are forgotten', () => {
    const { registry, spawnOpen, value, news } = startRegistry();
    const circuits = spawnOpen('a', 'b', 'c');
    news();
    registry.send({ type: 'FORGET', circuits: forgotten(circuits.slice(0, 1)) });
    expect(value()).toBe('operational');
    expect(news().at(-1)).toEqual({ type: 'recovery.resumed', because: 'recovered', openCount: 2 });
  });

  it('leaves no timer behind, and lowers no counter', () => {
    const { registry, clock, spawnOpen, context } = startRegistry();
    const circuits = spawnOpen('a', 'b');
    registry.send({ type: 'FORGET', circuits: forgotten(circuits) });
    expect(clock.timers).toBe(0);
    expect(context().circuitOpenEvents).toBe(2);
  });

  it('allows a new circuit of the same name', () => {
    const { registry, spawn, spawnOpen, context } = startRegistry();
    registry.send({ type: 'FORGET', circuits: forgotten(spawnOpen('a')) });
    const again = only(spawn('a'));
    expect(stateOf(again)).toBe('closed');
    fail(again);
    expect(context()).toMatchObject({ openCircuits: ['a'], openCount: 1 });
  });

  it('of no circuits changes nothing', () => {
    const { registry, spawnOpen, context, newsTypes } = startRegistry();
    spawnOpen('a');
    newsTypes();
    const before = context();
    registry.send({ type: 'FORGET', circuits: [] });
    expect(context()).toEqual(before);
    expect(newsTypes()).toEqual([]);
  });

  it('ends a pause for want of room where what opened, or what was spared, is forgotten, and not another', () => {
    /** Whether the registry is still paused after one of these was forgotten. */
    const isPausedWithout = (name: 'open' | 'spared' | 'other'): boolean => {
      const { registry, spawn, spawnOpen, value } = startRegistry();
      const [open] = spawnOpen('open') as [ToolCircuitRef];
      const [spared, other] = spawn('spared', 'other') as [ToolCircuitRef, ToolCircuitRef];
      const news = { tool: 'spared', key: null, isFirst: true, lastErrorCategory: null } as const;
      registry.send({ type: 'TRIP_SPARED', state: 'closed', why: 'cap', ...news });
      registry.send({ type: 'FORGET', circuits: forgotten([{ open, spared, other }[name]]) });
      return value() === 'paused';
    };
    expect([isPausedWithout('open'), isPausedWithout('spared'), isPausedWithout('other')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('of a closed circuit leaves an open one of the same name that was made since', () => {
    const { registry, spawn, spawnOpen, context } = startRegistry();
    const closed = forgotten(spawn('shell'));
    spawnOpen('shell');
    registry.send({ type: 'FORGET', circuits: closed });
    expect(context()).toMatchObject({
      openCircuits: ['shell'],
      openCount: 1,
      counts: { closed: 0, open: 1 },
    });
  });
});

describe('STOP', () => {
  it.each(['operational', 'silenced', 'paused'])(
    'ends a registry that is %s with its circuits and timers',
    (how) => {
      const { registry, clock, spawnOpen } = startRegistry({
        maxOpenCircuits: how === 'operational' ? 9 : 2,
      });
      const circuits = spawnOpen('a', 'b', 'c');
      if (how === 'silenced') registry.send({ type: 'ACKNOWLEDGE' });
      expect(registry.getSnapshot().value).toBe(how === 'paused' ? 'paused' : 'operational');
      let completed = 0;
      const complete = () => void completed++;
      registry.subscribe({ complete });
      for (const circuit of circuits) circuit.subscribe({ complete });
      registry.send({ type: 'STOP_CIRCUITS', circuits });
      registry.send({ type: 'STOP' });
      expect(registry.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
      expect(circuits.map((circuit) => circuit.getSnapshot().status)).toEqual([
        'stopped',
        'stopped',
        'stopped',
      ]);
      expect(completed).toBe(4);
      expect(clock.timers).toBe(0);
    },
  );

  it('announces no recovery', () => {
    const { registry, spawnOpen, newsTypes } = startRegistry();
    const circuits = spawnOpen('a', 'b', 'c');
    newsTypes();
    registry.send({ type: 'STOP_CIRCUITS', circuits });
    registry.send({ type: 'STOP' });
    expect(newsTypes()).toEqual([]);
  });

  it('is final: later events change nothing', () => {
    const { registry, clock, spawnOpen, context, newsTypes } = startRegistry();
    const circuits = spawnOpen('a');
    registry.send({ type: 'STOP_CIRCUITS', circuits });
    registry.send({ type: 'STOP' });
    newsTypes();
    const before = context();
    const circuitBefore = contextOf(only(circuits));
    fail(only(circuits));
    clock.advance(60_000);
    expect(context()).toEqual(before);
    expect(contextOf(only(circuits))).toEqual(circuitBefore);
    expect(newsTypes()).toEqual([]);
  });
});

describe('a registry in any sequence of events', () => {
  const toolEvents = fc.record({
    tool: fc.constantFrom('a', 'b', 'c', 'd'),
    event: fc.constantFrom<ToolCircuitEvent | 'forget'>(
      { type: 'SUCCESS' },
      { type: 'FAILURE' },
      { type: 'REQUEST' },
      { type: 'ISOLATE' },
      { type: 'RELEASE' },
      { type: 'RESET' },
      'forget',
    ),
  });
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: toolEvents },
      { weight: 1, arbitrary: fc.constant('ACKNOWLEDGE' as const) },
      { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 8_000 }) }) },
    ),
    { maxLength: 60, size: 'max' },
  );

  it('counts as a walk over the circuits would, and is paused exactly when it should be', () => {
    checkProperty(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (maxOpenCircuits, sequence) => {
        const { registry, clock, spawn, context, value, news } = startRegistry({
          maxOpenCircuits,
          cooldownMs: 10_000,
        });
        const circuits = new Map<string, ToolCircuitRef>();
        let tripped = 0;
        for (const step of sequence) {
          if (step === 'ACKNOWLEDGE') registry.send({ type: 'ACKNOWLEDGE' });
          else if ('advance' in step) clock.advance(step.advance);
          else {
            const circuit = circuits.get(step.tool) ?? only(spawn(step.tool));
            circuits.set(step.tool, circuit);
            if (step.event === 'forget') {
              registry.send({ type: 'FORGET', circuits: forgotten([circuit]) });
              circuits.delete(step.tool);
            } else circuit.send(step.event);
          }
          tripped += news().filter(({ type }) => type === 'circuit.opened').length;

          const counts = { closed: 0, open: 0, halfOpen: 0, isolated: 0, disabled: 0 };
          for (const circuit of circuits.values()) counts[stateOf(circuit) as CircuitState] += 1;
          const openCount = counts.open + counts.isolated;
          expect(context().counts).toEqual(counts);
          expect(context().openCount).toBe(openCount);
          expect(context().circuitOpenEvents).toBe(tripped);
          expect([...context().openCircuits].sort()).toEqual(
            [...circuits.values()]
              .filter((circuit) => countsAsOpen(stateOf(circuit) as CircuitState))
              .map(({ id }) => id)
              .sort(),
          );
          const shouldPause = openCount >= maxOpenCircuits && context().silencedUntil === null;
          expect(value()).toBe(shouldPause ? 'paused' : 'operational');
          expect(context().pauseReason === null).toBe(!shouldPause);
        }
      }),
      { atLeast: 50, atMost: 200 },
    );
  });
});
