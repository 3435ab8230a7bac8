import { createToolRegistry, type ToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    ...options,
  });
  return { clock, registry };
}

/** Checks that everything the registry reports about its open circuits agrees. */
function recount(registry: ToolRegistry) {
  const open = registry.snapshot().diagnostics.filter(({ isOpen }) => isOpen).length;
  const { context } = registry.actor.getSnapshot();
  expect(registry.openCircuitCount()).toBe(open);
  expect(context.openCount).toBe(open);
  expect(context.openCircuits).toHaveLength(open);
  const states = registry.snapshot().diagnostics.map(({ status }) => status);
  for (const [state, number] of Object.entries(context.counts)) {
    expect(number, state).toBe(states.filter((each) => each === state).length);
  }
}

describe('a subscriber to a circuit that calls back into the registry', () => {
  it('gets one probe admitted when the circuit becomes half-open, and not two', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', 'timeout');
    const answers: boolean[] = [];
    registry.tool('search').subscribe(({ value, context }) => {
      if (value === 'halfOpen' && context.probesInFlight === 0 && answers.length === 0) {
        answers.push(registry.allowRequest('search'), registry.allowRequest('search'));
        expect(registry.diagnostics('search')).toMatchObject({ probesInFlight: 1, deniedRequests: 1 });
      }
    });
    clock.advance(1_000);
    expect(answers).toEqual([true, false]);
    expect(registry.diagnostics('search')).toMatchObject({ probesInFlight: 1, deniedRequests: 1 });
    recount(registry);
  });

  it('sees the effect of its own failure at once', () => {
    const { registry } = setUp();
    let said: unknown;
    registry.tool('search').subscribe(({ value }) => {
      if (value !== 'closed' || said !== undefined) return;
      registry.recordFailure('search', 'timeout');
      said = [
        registry.state('search'),
        registry.allowRequest('search'),
        registry.remainingBackoffMs('search'),
        registry.openCircuitCount(),
        registry.openCircuits(),
        registry.shouldPauseForRecovery(1),
        registry.snapshot().openCount,
        registry.availableTools(['search']),
      ];
    });
    registry.tool('search').send({ type: 'RESET' });
    expect(said).toEqual(['open', false, 1_000, 1, ['search'], true, 1, []]);
    recount(registry);
  });

  it('sees the effect of the bare events that it sent', () => {
    const { registry } = setUp();
    const circuit = registry.tool('search');
    const seen: string[] = [];
    circuit.subscribe(() => {
      if (seen.length > 0) return;
      circuit.send({ type: 'FAILURE' });
      seen.push(registry.state('search'), circuit.getSnapshot().value);
    });
    circuit.send({ type: 'RESET' });
    // XState's own snapshot lags behind here; the registry does not.
    expect(seen).toEqual(['open', 'closed']);
    expect(registry.state('search')).toBe('open');
    recount(registry);
  });

  it('gets a valid permit', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', 'timeout');
    let probes = 0;
    registry.tool('search').subscribe(({ value, context }) => {
      if (value !== 'halfOpen' || context.probesInFlight > 0 || probes > 0) return;
      const permit = registry.tryAcquire('search');
      if (permit.admitted) {
        probes++;
        permit.success();
      }
    });
    clock.advance(1_000);
    expect(probes).toBe(1);
    expect(registry.state('search')).toBe('closed');
    recount(registry);
  });

  it.each<[string, (registry: ToolRegistry) => void]>([
    ['resets its tool', (registry) => registry.reset('search')],
    ['resets every tool', (registry) => registry.resetAll()],
    ['isolates its tool', (registry) => registry.isolate('search')],
    [
      'resets its tool and uses it',
      (registry) => {
        registry.reset('search');
        registry.recordFailure('search', 'timeout');
      },
    ],
    ['stops the registry', (registry) => registry.stop()],
    ['persists', (registry) => void registry.persist()],
    [
      'uses many other tools',
      (registry) => ['a', 'b', 'c'].forEach((tool) => void registry.recordFailure(tool, 'timeout')),
    ],
  ])('leaves all in order when it %s', (_, act) => {
    const { clock, registry } = setUp();
    let acted = false;
    registry.tool('search').subscribe(({ value }) => {
      if (value !== 'open' || acted) return;
      acted = true;
      act(registry);
    });
    registry.recordFailure('search', 'timeout');
    expect(acted).toBe(true);
    if (registry.actor.getSnapshot().status === 'active') recount(registry);
    registry.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('a listener of the registry actor that calls back into the registry', () => {
  it.each([
    'circuit.opened',
    'circuit.halfOpened',
    'circuit.closed',
    'circuit.denied',
    'recovery.paused',
    'recovery.resumed',
  ] as const)('on %s is answered rightly', (type) => {
    const { clock, registry } = setUp({ recovery: { maxOpenCircuits: 1 } });
    let heard = 0;
    registry.actor.on(type, () => {
      if (heard++ > 0) return;
      registry.recordFailure('other', 'timeout');
      expect(registry.state('other')).toBe('open');
      expect(registry.allowRequest('other')).toBe(false);
      const open = registry.snapshot().diagnostics.filter(({ isOpen }) => isOpen).length;
      expect(registry.openCircuitCount()).toBe(open);
      registry.reset('third');
    });
    registry.recordSuccess('third');
    registry.recordFailure('search', 'timeout');
    registry.allowRequest('search');
    clock.advance(1_000);
    registry.recordSuccess('search');
    registry.resetAll();
    expect(heard).toBeGreaterThan(0);
    recount(registry);
  });
});

describe('an inspector that calls back into the registry', () => {
  it('gets correct answers during every kind of event, and breaks nothing', () => {
    const kinds = new Set<string>();
    let inside = false;
    let fault: unknown;
    let asked = 0;
    const inspect = (event: InspectionEvent): void => {
      kinds.add(event.type);
      // Each question asked during an event is an event itself, which is inspected later.
      if (inside || registry === undefined || asked++ > 150) return;
      inside = true;
      try {
        ask(registry);
      } catch (error) {
        fault ??= error;
      }
      inside = false;
    };
    const ask = (registry: ToolRegistry): void => {
      const open = registry.snapshot().diagnostics.filter(({ isOpen }) => isOpen).length;
      expect(registry.openCircuitCount()).toBe(open);
      for (const tool of ['search', 'other']) {
        const before = registry.diagnostics(tool);
        const isAdmitted = registry.allowRequest(tool);
        if (before.status === 'open') expect(isAdmitted).toBe(before.remainingBackoffMs === 0);
        if (before.status === 'closed') expect(isAdmitted).toBe(true);
      }
    };
    let registry: ToolRegistry | undefined;
    const made = setUp({ inspect });
    registry = made.registry;
    registry.recordFailure('search', 'timeout');
    registry.recordFailure('other', 'timeout');
    made.clock.advance(1_000);
    registry.recordFailure('search', 'timeout');
    registry.recordSuccess('other');
    inside = true;
    expect(fault).toBeUndefined();
    recount(registry);
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining([
        '@xstate.action',
        '@xstate.actor',
        '@xstate.event',
        '@xstate.microstep',
        '@xstate.snapshot',
      ]),
    );
  });
});

describe('user code that throws', () => {
  it('in an inspector gets its error printed, and loses no event', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp({
      inspect: () => {
        throw new Error('mine');
      },
    });
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('open');
    expect(printed).toHaveBeenCalledWith('toolfuse: the inspect observer threw', expect.any(Error));
    printed.mockRestore();
  });

  it.each<[string, () => never | string]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['returns something other than a category', () => 'broken'],
  ])('in a classifier that %s leaves the error to categorize', (_, classify) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp({ classify: classify as never });
    registry.recordFailure('search', new Error('read ECONNRESET'));
    expect(registry.diagnostics('search').lastErrorCategory).toBe('network');
    printed.mockRestore();
  });

  it('in a listener surfaces in the way of XState, and the circuit goes on', async () => {
    const { clock, registry } = setUp();
    const surfaced: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => surfaced.push(error));
    try {
      const subscription = registry.tool('search').subscribe(() => {
        subscription.unsubscribe();
        throw new Error('in subscribe');
      });
      registry.actor.on('circuit.opened', () => {
        throw new Error('in on');
      });
      registry.recordFailure('search', 'timeout');
      // XState rethrows the error in its own macrotask.
      await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5)));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    expect(surfaced.map(String).sort()).toEqual(['Error: in on', 'Error: in subscribe']);
    clock.advance(1_000);
    expect(registry.allowRequest('search')).toBe(true);
  });

  it('in a clock stops no circuit', () => {
    const clock = new ManualClock();
    let isBroken = false;
    const breaks =
      <Arguments extends unknown[], Result>(fn: (...args: Arguments) => Result) =>
      (...args: Arguments): Result => {
        if (isBroken) throw new Error('no time');
        return fn(...args);
      };
    const { registry } = setUp({
      clock: {
        now: breaks(clock.now),
        setTimeout: breaks(clock.setTimeout),
        clearTimeout: breaks(clock.clearTimeout),
      },
    });
    isBroken = true;
    registry.recordFailure('search', 'timeout');
    expect(registry.allowRequest('search')).toBe(false);
    isBroken = false;
    clock.advance(1_000);
    // The circuit had no timer and admits the request all the same.
    expect(registry.allowRequest('search')).toBe(true);
  });

  it('in a clock that goes back does not make any wait longer', () => {
    const clock = new ManualClock(10_000);
    let shift = 0;
    const { registry } = setUp({
      clock: {
        ...clock,
        now: () => clock.now() + shift,
        setTimeout: clock.setTimeout,
        clearTimeout: clock.clearTimeout,
      },
    });
    registry.recordFailure('search', 'timeout');
    shift = -5_000;
    expect(registry.remainingBackoffMs('search')).toBe(1_000);
  });
});

describe('an invalid event', () => {
  it.each([
    [undefined],
    [null],
    ['FAILURE'],
    [{}],
    [{ type: 5 }],
    [{ type: '*' }],
    [{ type: 'xstate.stop' }],
  ])('%j is refused with a TypeError, and the circuit goes on', (event) => {
    const { registry } = setUp();
    expect(() => registry.tool('search').send(event as never)).toThrow(TypeError);
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('open');
    recount(registry);
  });

  it.each([[Number.NaN], [Infinity], [-Infinity], [Date.now() * 2], ['now'], [null]])(
    'with the instant %j is taken as of now',
    (at) => {
      const { clock, registry } = setUp();
      clock.advance(5);
      registry.tool('search').send({ type: 'FAILURE', at: at as never });
      expect(registry.diagnostics('search')).toMatchObject({ openedAt: 5, remainingBackoffMs: 1_000 });
      clock.advance(1_000);
      expect(registry.state('search')).toBe('halfOpen');
    },
  );
});
