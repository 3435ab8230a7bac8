import { createToolRegistry, type ToolRegistry, type ToolRegistryEmitted, timeWindow } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { expectAgreement, uncaughtDuring } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const circuit = { failureThreshold: 2, minBackoffMs: 1_000, probeTimeoutMs: 10_000 };

function setUp(options: Parameters<typeof createToolRegistry>[0] = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit, recovery: { maxOpenCircuits: 1 }, ...options });
  const trip = (tool: string): void => {
    for (let i = 0; i < circuit.failureThreshold; i++) registry.recordFailure(tool, 'timeout');
  };
  return { clock, registry, trip };
}

const emittedTypes = [
  'circuit.opened',
  'circuit.halfOpened',
  'circuit.closed',
  'circuit.isolated',
  'circuit.denied',
  'recovery.paused',
  'recovery.resumed',
] as const satisfies readonly ToolRegistryEmitted['type'][];

const inspectionTypes = [
  '@xstate.actor',
  '@xstate.event',
  '@xstate.snapshot',
  '@xstate.transition',
  '@xstate.microstep',
  '@xstate.action',
] as const satisfies readonly InspectionEvent['type'][];

beforeEach(() => {
  // XState warns about each event to a stopped actor, and the registry prints each error of an inspector.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** The places from which user code is called: how to hook a function into each. */
const places: { place: string; set: (call: () => void) => ReturnType<typeof setUp> }[] = [
  {
    place: 'a subscriber of the circuit',
    set(call) {
      const started = setUp();
      started.registry.tool('shell').subscribe(call);
      return started;
    },
  },
  {
    place: 'a subscriber of the registry actor',
    set(call) {
      const started = setUp();
      started.registry.actor.subscribe(call);
      return started;
    },
  },
  ...emittedTypes.map((type) => ({
    place: `a listener on ${type}`,
    set(call: () => void) {
      const started = setUp();
      started.registry.actor.on(type, call);
      return started;
    },
  })),
  ...inspectionTypes.map((type) => ({
    place: `an inspector at ${type}`,
    set(call: () => void) {
      return setUp({ inspect: (event) => event.type === type && call() });
    },
  })),
  {
    place: 'a classifier',
    set(call) {
      return setUp({
        classify: () => {
          call();
          return undefined;
        },
      });
    },
  },
];

/** The actions of the user code. */
const deeds: Record<string, (registry: ToolRegistry) => void> = {
  'allowRequest twice': (registry) => {
    registry.allowRequest('shell');
    registry.allowRequest('shell');
  },
  'recordFailure past the threshold': (registry) => {
    for (let i = 0; i < 3; i++) registry.recordFailure('shell', 'network');
  },
  recordSuccess: (registry) => registry.recordSuccess('shell'),
  'a permit that fails': (registry) => {
    const permit = registry.tryAcquire('shell');
    if (permit.admitted) permit.failure('network');
  },
  reset: (registry) => registry.reset('shell'),
  resetAll: (registry) => registry.resetAll(),
  'reset and use again': (registry) => {
    registry.reset('shell');
    registry.recordFailure('shell', 'network');
  },
  'failure and reset': (registry) => {
    for (let i = 0; i < 3; i++) registry.recordFailure('shell', 'network');
    registry.reset('shell');
  },
  'events to an actor that was just reset': (registry) => {
    const ref = registry.tool('shell');
    registry.reset('shell');
    for (let i = 0; i < 3; i++) ref.send({ type: 'FAILURE' });
  },
  'events to another actor that was just reset': (registry) => {
    const ref = registry.tool('search');
    registry.reset('search');
    for (let i = 0; i < 3; i++) ref.send({ type: 'FAILURE' });
  },
  isolate: (registry) => registry.isolate('shell'),
  'isolate and release': (registry) => {
    registry.isolate('shell');
    registry.release('shell');
  },
  persist: (registry) => {
    JSON.parse(registry.persist());
  },
  'events to the actor': (registry) => {
    registry.tool('shell').send({ type: 'FAILURE' });
    registry.tool('shell').send({ type: 'REQUEST' });
    registry.tool('shell').send({ type: 'RESET' });
  },
  'another tool trips': (registry) => {
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'network');
  },
  acknowledge: (registry) => registry.actor.send({ type: 'ACKNOWLEDGE' }),
};

/** Takes one circuit through every state. */
function live({ clock, registry, trip }: ReturnType<typeof setUp>): void {
  registry.recordFailure('shell', new Error('read ECONNRESET'));
  registry.recordFailure('shell', new Error('read ECONNRESET'));
  registry.allowRequest('shell');
  clock.advance(1_000);
  registry.allowRequest('shell');
  registry.recordFailure('shell', new Error('read ECONNRESET'));
  clock.advance(2_000);
  registry.allowRequest('shell');
  registry.recordSuccess('shell');
  registry.isolate('shell');
  registry.allowRequest('shell');
  registry.release('shell');
  trip('shell');
  registry.reset('shell');
  registry.recordSuccess('shell');
}

/**
 * An inspector sees an event before it is sent, and a transition before it is reported. Forgetting a circuit at that point, or
 * creating one of the same name, overtakes the report, so the registry actor's counts are not guaranteed there.
 */
const overtakes = (place: string, deed: string): boolean =>
  (place.endsWith('@xstate.event') && deed === 'isolate') ||
  (/@xstate\.(microstep|action)$/.test(place) && deed.includes('reset'));

describe('user code that calls back while it is being called', () => {
  for (const { place, set } of places) {
    const promised = Object.entries(deeds).filter(([deed]) => !overtakes(place, deed));
    it.each(promised)(`${place}: %s keeps every count correct`, (_, deed) => {
      // Each callback triggers user code again, so it acts only when not already inside, and a limited number of times.
      let isInside = false;
      let left = 40;
      const faults: unknown[] = [];
      let started: ReturnType<typeof setUp> | undefined;
      const hooked = set(() => {
        if (isInside || left === 0 || started === undefined) return;
        isInside = true;
        left -= 1;
        try {
          deed(started.registry);
        } catch (fault) {
          faults.push(fault);
        }
        isInside = false;
      });
      started = hooked;
      live(started);
      expect(faults).toEqual([]);
      expectAgreement(started.registry);
      expect(started.registry.actor.getSnapshot().status).toBe('active');
      left = 0;
      started.registry.stop();
      expect(started.clock.timers).toBe(0);
    });

    it(`${place}: stop is final`, () => {
      const faults: unknown[] = [];
      let isStopped = false;
      let started: ReturnType<typeof setUp> | undefined;
      const hooked = set(() => {
        if (isStopped || started === undefined) return;
        isStopped = true;
        try {
          started.registry.stop();
        } catch (fault) {
          faults.push(fault);
        }
      });
      started = hooked;
      live(started);
      started.registry.stop();
      expect(faults).toEqual([]);
      expect(started.registry.actor.getSnapshot().status).toBe('done');
      expect(started.clock.timers).toBe(0);
    });
  }
});

describe('a decision made while the circuit is processing an event', () => {
  /** A circuit whose backoff has run out and whose timer is about to fire. */
  const aboutToProbe = (options: Parameters<typeof createToolRegistry>[0] = {}) => {
    const started = setUp(options);
    started.trip('shell');
    return started;
  };

  it.each([
    ['a subscriber of the circuit', 'subscribe'],
    ['a listener of the registry actor', 'on'],
    ['a subscriber of the registry actor', 'actor'],
  ])('admits exactly one probe when %s asks twice at half-open', (_, how) => {
    const { clock, registry } = aboutToProbe();
    const answers: boolean[] = [];
    const ask = (): void => {
      if (answers.length > 0 || registry.state('shell') !== 'halfOpen') return;
      answers.push(true);
      answers.splice(0, 1, registry.allowRequest('shell'), registry.allowRequest('shell'));
    };
    if (how === 'subscribe') registry.tool('shell').subscribe(ask);
    else if (how === 'on') registry.actor.on('circuit.halfOpened', ask);
    else registry.actor.subscribe(ask);
    clock.advance(1_000);
    expect(answers).toEqual([true, false]);
    expect(registry.allowRequest('shell')).toBe(false);
    expect(registry.diagnostics('shell')).toMatchObject({ probesInFlight: 1, deniedRequests: 2 });
    expect(registry.metrics().breakerDenials).toBe(2);
  });

  it.each(inspectionTypes)('admits exactly one of all requests when an inspector asks at %s', (type) => {
    let registry: ToolRegistry | undefined;
    let isInside = false;
    const answers: boolean[] = [];
    const started = aboutToProbe({
      inspect: (event) => {
        // A request made during an event is an event itself, which is inspected later.
        if (event.type !== type || registry === undefined || isInside || answers.length > 3) return;
        isInside = true;
        answers.push(registry.allowRequest('shell'));
        isInside = false;
      },
    });
    started.clock.advance(1_000);
    registry = started.registry;
    expect(registry.state('shell')).toBe('halfOpen');
    answers.push(registry.allowRequest('shell'));
    expect(answers.filter((answer) => answer)).toEqual([true]);
    expect(registry.diagnostics('shell').probesInFlight).toBe(1);
  });

  it.each(inspectionTypes)('grants one permit when an inspector asks for one at %s', (type) => {
    let registry: ToolRegistry | undefined;
    let isInside = false;
    const permits: boolean[] = [];
    const started = aboutToProbe({
      inspect: (event) => {
        if (event.type !== type || registry === undefined || isInside || permits.length > 3) return;
        isInside = true;
        permits.push(registry.tryAcquire('shell').admitted);
        isInside = false;
      },
    });
    started.clock.advance(1_000);
    registry = started.registry;
    permits.push(registry.tryAcquire('shell').admitted);
    expect(permits.filter((admitted) => admitted)).toEqual([true]);
  });

  it.each(['@xstate.event', '@xstate.microstep', '@xstate.action', '@xstate.snapshot'])(
    'finds every reader agreed where an inspector asks at %s',
    (type) => {
      let registry: ToolRegistry | undefined;
      const found = new Set<string>();
      const started = setUp({
        inspect: (event) => {
          if (event.type !== type || registry === undefined) return;
          const open = [registry.openCircuits().length, registry.openCircuitCount()];
          found.add(`${registry.state('shell')}: ${open},${registry.shouldPauseForRecovery(1)}`);
        },
      });
      registry = started.registry;
      started.trip('shell');
      started.clock.advance(1_000);
      registry.recordSuccess('shell');
      registry.isolate('shell');
      registry.release('shell');
      expect([...found].sort()).toEqual([
        'closed: 0,0,false',
        'halfOpen: 0,0,false',
        'isolated: 1,1,true',
        'open: 1,1,true',
      ]);
    },
  );

  it('denies at once when failures reach the threshold, and every reader agrees', () => {
    const { registry } = setUp();
    const seen: unknown[] = [];
    let isDone = false;
    registry.tool('shell').subscribe(() => {
      if (isDone) return;
      isDone = true;
      registry.recordFailure('shell', 'timeout');
      registry.recordFailure('shell', 'timeout');
      seen.push({
        allowed: registry.allowRequest('shell'),
        state: registry.state('shell'),
        open: registry.openCircuits(),
        count: registry.openCircuitCount(),
        pause: registry.shouldPauseForRecovery(),
        snapshot: registry.snapshot().openCount,
        left: registry.remainingBackoffMs('shell'),
        status: registry.diagnostics('shell').status,
        offered: registry.availableTools(),
      });
    });
    registry.recordFailure('shell', 'timeout');
    expect(seen).toEqual([
      {
        allowed: false,
        state: 'open',
        open: ['shell'],
        count: 1,
        pause: true,
        snapshot: 1,
        left: 1_000,
        status: 'open',
        offered: [],
      },
    ]);
    expectAgreement(registry);
  });

  it('sees a tool that was reset in a listener as unknown', () => {
    const { registry, trip } = setUp();
    const seen: unknown[] = [];
    registry.actor.on('circuit.opened', () => {
      registry.reset('shell');
      seen.push(registry.state('shell'), registry.allowRequest('shell'), registry.openCircuitCount());
      seen.push(registry.snapshot().diagnostics.length);
    });
    trip('shell');
    expect(seen).toEqual(['closed', true, 0, 0]);
    expectAgreement(registry);
  });

  it('persists a failure that was just recorded', () => {
    const { clock, registry } = setUp();
    const kept: string[] = [];
    registry.tool('shell').subscribe(() => {
      if (kept.length > 0) return;
      kept.push('');
      registry.recordFailure('shell', 'timeout');
      kept.splice(0, 1, registry.persist());
    });
    registry.recordFailure('shell', 'timeout');
    const restored = createToolRegistry({ clock, circuit, restore: kept[0] ?? '' });
    expect(restored.state('shell')).toBe('open');
  });
});

describe('a circuit that is forgotten while the registry actor is processing an event', () => {
  it('is not counted again because of later events to its actor', () => {
    const { registry, trip } = setUp();
    const search = registry.tool('search');
    registry.actor.on('circuit.opened', ({ tool }) => {
      if (tool !== 'shell') return;
      registry.reset('search');
      search.send({ type: 'FAILURE' });
      search.send({ type: 'FAILURE' });
    });
    trip('shell');
    expect(registry.actor.getSnapshot().context.openCircuits).toEqual(['shell']);
    expectAgreement(registry);
  });

  it('is not forgotten a second time to make room', () => {
    const { registry, trip } = setUp({ maxTools: 3 });
    for (const tool of ['a', 'b', 'c']) registry.tool(tool);
    registry.tool('shell'); // Forgets a, and sorts b and c to be forgotten next.
    let isDone = false;
    registry.actor.on('circuit.opened', () => {
      if (isDone) return;
      isDone = true;
      registry.reset('b');
      registry.tool('d');
      registry.tool('e');
    });
    trip('shell');
    expect(
      registry
        .snapshot()
        .diagnostics.map(({ tool }) => tool)
        .sort(),
    ).toEqual(['d', 'e', 'shell']);
    expectAgreement(registry);
  });

  it('does not affect a newer circuit of the same name', () => {
    const { clock, registry, trip } = setUp({ maxTools: 3 });
    for (const tool of ['a', 'b', 'c']) registry.tool(tool);
    registry.tool('shell');
    let isDone = false;
    registry.actor.on('circuit.opened', () => {
      if (isDone) return;
      isDone = true;
      registry.reset('b');
      trip('b');
      registry.tool('d');
    });
    trip('shell');
    expect(registry.state('b')).toBe('open');
    expectAgreement(registry);
    registry.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('user code that runs while a circuit is spawned', () => {
  it('may use the same tool, which then has one circuit', () => {
    let registry: ToolRegistry | undefined;
    let isInside = false;
    const started = setUp({
      inspect: (event) => {
        if (event.type !== '@xstate.actor' || registry === undefined || isInside) return;
        isInside = true;
        for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
        isInside = false;
      },
    });
    registry = started.registry;
    registry.tool('shell');
    expect(registry.state('shell')).toBe('open');
    expectAgreement(registry);
    registry.stop();
    expect(started.clock.timers).toBe(0);
  });

  it('may stop the registry', () => {
    let registry: ToolRegistry | undefined;
    const started = setUp({
      inspect: (event) => {
        if (event.type === '@xstate.actor') registry?.stop();
      },
    });
    registry = started.registry;
    try {
      registry.recordFailure('shell', 'timeout');
      registry.recordFailure('shell', 'timeout');
    } catch {
      // Another test covers whether this throws.
    }
    expect(started.clock.timers).toBe(0);
    expect(registry.openCircuitCount()).toBe(0);
  });

  it('does not make room by forgetting the circuit that is being created', () => {
    const { registry } = setUp({ maxTools: 2 });
    registry.tool('a');
    let isDone = false;
    registry.actor.subscribe(() => {
      if (isDone) return;
      isDone = true;
      registry.tool('other');
    });
    const made = registry.tool('b');
    expect(made.getSnapshot().status).toBe('active');
    expect(registry.tool('b')).toBe(made);
    expectAgreement(registry);
  });

  it('may use a tool again when its observer completes, and at most maxTools are kept', () => {
    const { registry } = setUp({ maxTools: 2 });
    registry.tool('a').subscribe({ complete: () => void registry.tool('a') });
    registry.tool('b');
    registry.tool('c');
    expect(registry.snapshot().diagnostics.length).toBeLessThanOrEqual(2);
    expectAgreement(registry);
  });

  it('may use the tool being created when the observer of the tool forgotten for it completes', () => {
    const { clock, registry, trip } = setUp({ maxTools: 1 });
    registry.tool('a').subscribe({ complete: () => trip('b') });
    registry.recordSuccess('b');
    expect(registry.snapshot().diagnostics.map(({ tool }) => tool)).toEqual(['b']);
    expectAgreement(registry);
    registry.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('a classifier that calls back', () => {
  it('may stop the registry, and the failure then does not count', () => {
    let registry: ToolRegistry | undefined;
    const started = setUp({
      classify: () => {
        registry?.stop();
        return 'timeout';
      },
    });
    registry = started.registry;
    expect(() => started.registry.recordFailure('shell', new Error('boom'))).not.toThrow();
    expect(started.registry.snapshot().diagnostics).toEqual([]);
  });

  it.each<[string, (registry: ToolRegistry) => () => void]>([
    ['recordFailure', (registry) => () => registry.recordFailure('shell', new Error('boom'))],
    [
      'recordFailure of a failure that would not count',
      (registry) => () => registry.recordFailure('unused', new Error('invalid')),
    ],
    [
      'a permit',
      (registry) => {
        const permit = registry.tryAcquire('shell');
        return () => permit.admitted && permit.failure(new Error('boom'));
      },
    ],
    [
      'a permit for a tool with an upstream',
      (registry) => {
        const permit = registry.tryAcquire('search');
        return () => permit.admitted && permit.failure(new Error('boom'));
      },
    ],
  ])('may stop the registry, and nothing is counted of the failure: %s', (_, prepare) => {
    let registry: ToolRegistry | undefined;
    const started = setUp({
      tools: { search: { upstream: 'server' } },
      classify: (error) => {
        registry?.stop();
        return (error as Error).message === 'invalid' ? 'invalidParameters' : 'network';
      },
    });
    registry = started.registry;
    registry.recordSuccess('shell');
    const report = prepare(registry);
    const { calls } = registry.metrics();
    report();
    expect(registry.metrics()).toMatchObject({ calls, failures: {} });
    expect(registry.snapshot().diagnostics.map(({ failureCount }) => failureCount)).not.toContain(1);
    expect(registry.recovery().recentErrors).toEqual([]);
  });

  it('may reset the tool, and the failure is the first of a new circuit', () => {
    let registry: ToolRegistry | undefined;
    const started = setUp({
      classify: () => {
        registry?.reset('shell');
        return 'timeout';
      },
    });
    registry = started.registry;
    for (let i = 0; i < 5; i++) registry.recordFailure('shell', new Error('boom'));
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'closed', failureCount: 1 });
    expectAgreement(registry);
  });

  it('may request a call, and the circuit trips all the same', () => {
    let registry: ToolRegistry | undefined;
    const started = setUp({
      classify: () => {
        registry?.allowRequest('shell');
        return 'timeout';
      },
    });
    registry = started.registry;
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', new Error('boom'));
    expect(registry.state('shell')).toBe('open');
  });
});

describe('user code that throws', () => {
  const boom = new Error('boom');
  const throws = (): never => {
    throw boom;
  };

  it.each([
    ['a subscriber of the circuit', (registry: ToolRegistry) => registry.tool('shell').subscribe(throws)],
    ['a subscriber of the registry actor', (registry: ToolRegistry) => registry.actor.subscribe(throws)],
    ['a listener', (registry: ToolRegistry) => registry.actor.on('circuit.opened', throws)],
    ['a listener of everything', (registry: ToolRegistry) => registry.actor.on('*', throws)],
    [
      'an observer that completes',
      (registry: ToolRegistry) => registry.tool('other').subscribe({ complete: throws }),
    ],
  ])('as %s raises an uncaught exception, and does not harm the circuits', async (_, hook) => {
    const { clock, registry, trip } = setUp();
    const errors = await uncaughtDuring(() => {
      hook(registry);
      trip('shell');
      registry.reset('other');
      expect(registry.state('shell')).toBe('open');
      clock.advance(1_000);
      expect(registry.allowRequest('shell')).toBe(true);
      registry.recordSuccess('shell');
    });
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors)).toEqual(new Set([boom]));
    expect(registry.state('shell')).toBe('closed');
    expectAgreement(registry);
    registry.stop();
  });

  it('as an inspector is printed, and changes nothing', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const started = setUp({ inspect: throws });
    live(started);
    expect(started.registry.state('shell')).toBe('closed');
    expectAgreement(started.registry);
    expect(printed).toHaveBeenCalledWith(expect.stringContaining('inspect'), boom);
  });

  it('as a classifier is printed, and the error is categorised without it', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp({ classify: throws });
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', new Error('read ECONNRESET'));
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'open', lastErrorCategory: 'network' });
    expect(printed).toHaveBeenCalledWith(expect.stringContaining('classify'), boom);
  });
});

describe('a faulty clock', () => {
  const broken = (name: 'now' | 'setTimeout' | 'clearTimeout' | 'wallNow') => {
    const clock = new ManualClock();
    let isBroken = false;
    const fail = (): never => {
      throw new Error(`${name} is broken`);
    };
    return {
      clock,
      breaks: () => {
        isBroken = true;
      },
      given: {
        now: () => (isBroken && name === 'now' ? fail() : clock.now()),
        setTimeout: (fn: () => void, ms: number) =>
          isBroken && name === 'setTimeout' ? fail() : clock.setTimeout(fn, ms),
        clearTimeout: (id: unknown) =>
          isBroken && name === 'clearTimeout' ? fail() : clock.clearTimeout(id),
        wallNow: () => (isBroken && name === 'wallNow' ? fail() : clock.wallNow()),
      },
    };
  };

  it.each(['now', 'setTimeout', 'clearTimeout', 'wallNow'] as const)(
    'that throws from %s does not end a circuit or make a method throw',
    async (name) => {
      const { clock, breaks, given } = broken(name);
      const registry = createToolRegistry({ circuit, clock: given });
      breaks();
      registry.recordFailure('shell', new Error('read ECONNRESET'));
      registry.recordFailure('shell', new Error('read ECONNRESET'));
      expect(registry.state('shell')).toBe('open');
      expect(registry.allowRequest('shell')).toBe(false);
      expect(registry.tryAcquire('shell').admitted).toBe(false);
      await expect(registry.execute('shell', () => 1)).rejects.toMatchObject({ name: 'CircuitOpenError' });
      registry.persist();
      clock.advance(1_000);
      expect(registry.allowRequest('shell')).toBe(name !== 'now');
      registry.recordSuccess('shell');
      expect(registry.state('shell')).toBe('closed');
      expectAgreement(registry);
      expect(() => registry.stop()).not.toThrow();
    },
  );

  it.each([
    ['goes back', () => -1e9],
    ['returns NaN', () => Number.NaN],
    ['returns Infinity', () => Infinity],
    ['returns -Infinity', () => -Infinity],
  ])('that temporarily %s stands still at its last valid instant', (_, wrong) => {
    const clock = new ManualClock();
    let isWrong = false;
    const registry = createToolRegistry({
      circuit,
      clock: {
        now: () => (isWrong ? wrong() : clock.now()),
        setTimeout: clock.setTimeout,
        clearTimeout: clock.clearTimeout,
        wallNow: clock.wallNow,
      },
    });
    clock.advance(5_000);
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    isWrong = true;
    expect(registry.remainingBackoffMs('shell')).toBe(1_000);
    expect(registry.allowRequest('shell')).toBe(false);
    isWrong = false;
    clock.advance(999);
    expect(registry.remainingBackoffMs('shell')).toBe(1);
    expect(registry.allowRequest('shell')).toBe(false);
    clock.advance(1);
    expect(registry.state('shell')).toBe('halfOpen');
  });
});

describe('an invalid event', () => {
  const junk: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a string', 'FAILURE'],
    ['a number', 5],
    ['an object without a type', {}],
    ['an object whose type is no string', { type: 5 }],
    ['an object whose type is a symbol', { type: Symbol('FAILURE') }],
    ['a wildcard', { type: '*' }],
    ['a partial wildcard', { type: 'circuit.*' }],
    ['the stop event of XState', { type: 'xstate.stop' }],
    ['the init event of XState', { type: 'xstate.init' }],
    ['a timer’s event', { type: 'xstate.after.backoff.toolCircuit.open' }],
  ];

  it.each(junk)('%s, sent to a circuit, throws a TypeError and does no harm', (_, event) => {
    const { registry, trip } = setUp();
    trip('shell');
    expect(() => registry.tool('shell').send(event as never)).toThrow(TypeError);
    expect(registry.state('shell')).toBe('open');
    expectAgreement(registry);
  });

  it.each(junk)('%s, sent to the registry actor, throws a TypeError and does no harm', async (_, event) => {
    const { registry, trip } = setUp();
    const errors = await uncaughtDuring(() => {
      expect(() => registry.actor.send(event as never)).toThrow(TypeError);
    });
    expect(errors).toEqual([]);
    expect(registry.actor.getSnapshot().status).toBe('active');
    trip('shell');
    expectAgreement(registry);
  });

  it('of a fleet that there is not is obeyed all the same', () => {
    const registry = createToolRegistry();
    const opened = { epoch: 1, leftMs: 1_000, answerMs: 100, category: 'timeout' } as const;
    registry.tool('shell').send({ type: 'FLEET_OPENED', ...opened });
    expect(registry.state('shell')).toBe('open');
    registry.stop();
  });

  it('of an unknown type is ignored', () => {
    const { registry } = setUp();
    registry.tool('shell').send({ type: 'CONFETTI' } as never);
    registry.actor.send({ type: 'CONFETTI' } as never);
    expectAgreement(registry);
  });

  const wrong: unknown[] = [null, undefined, Number.NaN, Infinity, -1, '5', 5n, Symbol('5'), {}, [], () => 1];
  it.each(['at', 'category', 'retryAfterMs', 'stamp'])(
    'of a known type with an invalid %s does not end the actor',
    async (field) => {
      for (const state of ['closed', 'open', 'halfOpen', 'isolated'] as const) {
        for (const type of ['FAILURE', 'SUCCESS', 'REQUEST', 'ABANDON', 'ISOLATE']) {
          for (const value of wrong) {
            const { clock, registry, trip } = setUp();
            if (state === 'isolated') registry.isolate('shell');
            else if (state !== 'closed') trip('shell');
            if (state === 'halfOpen') clock.advance(1_000);
            const errors = await new Promise<unknown[]>((resolve) => {
              try {
                registry.tool('shell').subscribe({ error: (error) => resolve([error]) });
                registry.actor.subscribe({ error: () => {} });
                registry.tool('shell').send({ type, [field]: value } as never);
                resolve([]);
              } catch (error) {
                // The sender may get a TypeError, as long as the actor survives.
                resolve(error instanceof TypeError ? [] : [error]);
              }
            });
            const what = `${type} with ${field} ${String(value)} while ${state}`;
            expect(errors, what).toEqual([]);
            expect(registry.tool('shell').getSnapshot().status, what).toBe('active');
            expect(registry.actor.getSnapshot().status, what).toBe('active');
            registry.stop();
          }
        }
      }
    },
  );
});

describe('a request that an inspector makes before its event is processed', () => {
  it('does not cause later calls to be admitted', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit,
      inspect: (event) => {
        if (event.type === '@xstate.event' && event.event.type === 'ISOLATE') registry.tryAcquire('shell');
      },
    });
    const seen: unknown[] = [];
    registry.tool('shell').subscribe(() => {
      if (seen.length > 0) return;
      // An event sent from a listener is queued.
      registry.isolate('shell');
      seen.push(
        registry.state('shell'),
        registry.allowRequest('shell'),
        registry.tryAcquire('shell').admitted,
      );
    });
    registry.recordFailure('shell', 'timeout');
    expect(seen).toEqual(['isolated', false, false]);
  });

  it('is answered from the calls that the window has counted so far', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock, circuit: { trip: timeWindow({ minCalls: 1 }) } });
    for (let call = 0; call < 9; call++) registry.recordSuccess('shell');
    const seen = new Set<unknown>();
    registry.actor.system.inspect(() => {
      seen.add(registry.state('shell'));
      seen.add(registry.allowRequest('shell'));
      seen.add(registry.openCircuitCount());
    });
    registry.recordFailure('shell', 'timeout');
    expect([...seen]).toEqual(['closed', true, 0]);
    expect(registry.tool('shell').getSnapshot().context.tripMemory).toMatchObject({ calls: 10, failures: 1 });
  });

  it('cannot keep a circuit closed that is found to trip meanwhile', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: {
        trip: {
          start: null,
          record: () => null,
          trips(_, { isFailure }) {
            if (isFailure && !isAsking) {
              isAsking = true;
              registry.tryAcquire('shell');
              isAsking = false;
            }
            return isFailure;
          },
        },
      },
    });
    let isAsking = false;
    registry.recordFailure('shell', 'timeout');
    expect(registry.state('shell')).toBe('open');
    expect(registry.allowRequest('shell')).toBe(false);
    expect(registry.tryAcquire('shell').admitted).toBe(false);
  });
});
