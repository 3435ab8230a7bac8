import { createToolRegistry, type TripStrategy, timeWindow } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

const create = (options: unknown) => createToolRegistry(options as Parameters<typeof createToolRegistry>[0]);
const configOf = (options: object, tool = 'shell') =>
  create({ clock: new ManualClock(), ...options })
    .tool(tool)
    .getSnapshot().context.config;

/** Values, and how a message shows each of them. */
const shown: [unknown, string][] = [
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [-1, '-1'],
  [0, '0'],
  [0.5, '0.5'],
  [1.5, '1.5'],
  [2 ** 53, '9007199254740992'],
  [1e308, '1e+308'],
  ['5', '"5"'],
  ['', '""'],
  ['x'.repeat(1_000), `"${'x'.repeat(80)}…"`],
  [null, 'null'],
  [[], 'an array'],
  [{}, 'an object'],
  [() => 1, 'a function'],
  [true, 'true'],
  [5n, '5n'],
  [Symbol('five'), 'Symbol(five)'],
  [new Date(0), 'an object'],
];

const positiveInteger = 'a positive integer';
const positiveIntegerOrInfinity = 'a positive integer or Infinity';
const positiveMs = 'a finite number of milliseconds above 0';
const ms = 'a finite number of milliseconds, 0 or more';
const factor = 'a finite number, 1 or more';

/** The rule of each field, and which values it accepts. */
const circuitFields: Record<string, { must: string; good: unknown[] }> = {
  failureThreshold: { must: positiveInteger, good: [1, 7, Number.MAX_SAFE_INTEGER] },
  resetTimeoutMs: { must: positiveMs, good: [0.5, 1, 1.5, 2 ** 53, 1e308] },
  minBackoffMs: { must: ms, good: [0, 0.5, 1.5, 120_000] },
  maxBackoffMs: { must: ms, good: [5_000, 2 ** 53, 1e308] },
  trip: {
    must: 'a trip strategy: an object with start and the functions record and trips',
    good: [timeWindow(), { start: null, record: () => null, trips: () => false }],
  },
  backoff: { must: 'a function or null', good: [() => 1, null] },
  jitter: {
    must: 'one of none, full, equal, decorrelated',
    good: ['none', 'full', 'equal', 'decorrelated'],
  },
  backoffResetMs: { must: ms, good: [0, 0.5, 1e308] },
  probesPerVerdict: { must: positiveInteger, good: [1, 3] },
  backoffFactor: { must: factor, good: [1, 1.5, 2 ** 53, 1e308] },
  halfOpenMaxProbes: { must: positiveIntegerOrInfinity, good: [1, Infinity, Number.MAX_SAFE_INTEGER] },
  successThreshold: { must: positiveInteger, good: [1, 3] },
  maxRetryAfterMs: { must: ms, good: [0, 0.5, 1.5, 2 ** 53, 1e308] },
  probeTimeoutMs: { must: positiveMs, good: [0.5, 1.5, 2 ** 53, 1e308] },
};
const isGood: Record<string, (value: unknown) => boolean> = {
  [positiveInteger]: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  [positiveIntegerOrInfinity]: (value) =>
    value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0),
  [positiveMs]: (value) => Number.isFinite(value) && (value as number) > 0,
  [ms]: (value) => Number.isFinite(value) && (value as number) >= 0,
  'a function or null': (value) => value === null || typeof value === 'function',
  [factor]: (value) => Number.isFinite(value) && (value as number) >= 1,
};

function expectRefused(options: unknown, type: typeof TypeError | typeof RangeError, message: string): void {
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const given =
    typeof options === 'object' && options !== null && !Array.isArray(options)
      ? { clock, inspect: (event: unknown) => seen.push(event), ...options }
      : options;
  let error: unknown;
  try {
    create(given);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message).toBe(message);
  expect(clock.timers, 'nothing is started').toBe(0);
  expect(seen, 'nothing is started').toEqual([]);
}

describe.each(Object.entries(circuitFields))('circuit.%s', (field, { must, good }) => {
  it.each(good)('may be %s', (value) => {
    for (const options of [{ circuit: { [field]: value } }, { tools: { shell: { [field]: value } } }]) {
      const taken = (configOf(options) as unknown as Record<string, unknown>)[field];
      // Functions of the user are wrapped.
      if (field === 'trip') expect(taken).toMatchObject({ start: (value as TripStrategy).start });
      else if (typeof value === 'function') expect(taken).toBeTypeOf('function');
      else expect(taken).toBe(value);
    }
  });

  it.each(shown.filter(([value]) => !isGood[must]?.(value)))('must not be %s', (value, text) => {
    expectRefused(
      { circuit: { [field]: value } },
      RangeError,
      `circuit.${field} must be ${must}, got ${text}`,
    );
    expectRefused(
      { tools: { shell: { [field]: value } } },
      RangeError,
      `tools["shell"].${field} must be ${must}, got ${text}`,
    );
  });

  it('counts as left out if it is undefined', () => {
    const defaults = configOf({});
    expect(configOf({ circuit: { [field]: undefined } })).toEqual(defaults);
    expect(configOf({ circuit: { [field]: undefined }, tools: { shell: { [field]: undefined } } })).toEqual(
      defaults,
    );
  });
});

describe.each([
  ['recovery', 'maxOpenCircuits', positiveIntegerOrInfinity, [1, Infinity]],
  ['recovery', 'cooldownMs', ms, [0, 0.5, 1e308]],
] as const)('%s.%s', (group, field, must, good) => {
  it.each(good)('may be %s', (value) => {
    expect(create({ [group]: { [field]: value } }).actor.getSnapshot().context.config).toMatchObject({
      [field]: value,
    });
  });

  it.each(shown.filter(([value]) => !isGood[must]?.(value)))('must not be %s', (value, text) => {
    expectRefused(
      { [group]: { [field]: value } },
      RangeError,
      `${group}.${field} must be ${must}, got ${text}`,
    );
  });
});

describe('maxTools', () => {
  it.each(shown.filter(([value]) => !isGood[positiveIntegerOrInfinity]?.(value)))(
    'must not be %s',
    (value, text) => {
      expectRefused(
        { maxTools: value },
        RangeError,
        `options.maxTools must be a positive integer or Infinity, got ${text}`,
      );
    },
  );
});

describe('the two bounds of the backoff', () => {
  it('may be the same', () => {
    expect(configOf({ circuit: { minBackoffMs: 10, maxBackoffMs: 10 } })).toMatchObject({
      minBackoffMs: 10,
      maxBackoffMs: 10,
    });
  });

  it.each([
    [
      'both given',
      { circuit: { minBackoffMs: 11, maxBackoffMs: 10 } },
      'circuit.maxBackoffMs must be at least minBackoffMs (11), got 10',
    ],
    [
      'the maximum below the default minimum',
      { circuit: { maxBackoffMs: 4_999 } },
      'circuit.maxBackoffMs must be at least minBackoffMs (5000), got 4999',
    ],
    [
      'the minimum above the default maximum',
      { circuit: { minBackoffMs: 120_001 } },
      'circuit.minBackoffMs must be at most maxBackoffMs (120000), got 120001',
    ],
    [
      'the maximum of a tool below the minimum of all',
      { circuit: { minBackoffMs: 100 }, tools: { shell: { maxBackoffMs: 99 } } },
      'tools["shell"].maxBackoffMs must be at least minBackoffMs (100), got 99',
    ],
    [
      'the minimum of a tool above the maximum of all',
      { circuit: { maxBackoffMs: 6_000 }, tools: { shell: { minBackoffMs: 6_001 } } },
      'tools["shell"].minBackoffMs must be at most maxBackoffMs (6000), got 6001',
    ],
  ])('must not cross: %s', (_, options, message) => {
    expectRefused(options, RangeError, message);
  });

  it('of a tool may lie outside those of all', () => {
    const options = {
      circuit: { minBackoffMs: 100, maxBackoffMs: 200 },
      tools: { shell: { minBackoffMs: 1_000, maxBackoffMs: 2_000 } },
    };
    expect(configOf(options)).toMatchObject(options.tools.shell);
  });
});

describe('probeTimeoutMs', () => {
  it('defaults to resetTimeoutMs, for a tool too', () => {
    expect(configOf({ circuit: { resetTimeoutMs: 9 } }).probeTimeoutMs).toBe(9);
    expect(configOf({ tools: { shell: { resetTimeoutMs: 8 } } }).probeTimeoutMs).toBe(8);
    expect(
      configOf({ circuit: { resetTimeoutMs: 9 }, tools: { shell: { resetTimeoutMs: 8 } } }).probeTimeoutMs,
    ).toBe(8);
    expect(
      configOf({ circuit: { probeTimeoutMs: 7 }, tools: { shell: { resetTimeoutMs: 8 } } }).probeTimeoutMs,
    ).toBe(7);
  });
});

describe('the options', () => {
  it.each([
    [null, 'null'],
    [5, '5'],
    ['{}', '"{}"'],
    [[], 'an array'],
    [() => ({}), 'a function'],
    [true, 'true'],
  ])('must be an object and not %s', (value, text) => {
    expectRefused(value, TypeError, `options must be an object, got ${text}`);
  });

  it.each(['circuit', 'tools', 'recovery'])('have a %s that must be an object', (field) => {
    for (const [value, text] of [
      [null, 'null'],
      [5, '5'],
      ['x', '"x"'],
      [[], 'an array'],
    ]) {
      expectRefused(
        { [field as string]: value },
        RangeError,
        `options.${field} must be an object, got ${text}`,
      );
    }
    expect(() => create({ [field]: undefined })).not.toThrow();
  });

  it('have overrides for each tool, which must be an object and count as left out if undefined', () => {
    expectRefused({ tools: { shell: null } }, TypeError, 'tools["shell"] must be an object, got null');
    expectRefused({ tools: { shell: 3 } }, TypeError, 'tools["shell"] must be an object, got 3');
    expect(() => create({ tools: { shell: undefined } })).not.toThrow();
  });

  it.each([
    [{ circuits: {} }, /^options\.circuits is not a setting; .*circuit, tools, mode, loops, recovery/],
    [{ circuit: { failureTreshold: 3 } }, /^circuit\.failureTreshold is not a setting; .*failureThreshold/],
    [{ recovery: { maxOpen: 3 } }, /^recovery\.maxOpen is not a setting; .*maxOpenCircuits, cooldownMs/],
    [{ tools: { shell: { treshold: 3 } } }, /^tools\["shell"\]\.treshold is not a setting/],
    [{ circuit: { alternatives: ['a'] } }, /^circuit\.alternatives is not a setting/],
    [{ circuit: { toString: 1 } }, /^circuit\.toString is not a setting/],
    [JSON.parse('{"circuit":{"__proto__":{}}}'), /^circuit\.__proto__ is not a setting/],
    [{ nothing: undefined }, /^options\.nothing is not a setting/],
  ])('name a field that does not exist: %j', (options, message) => {
    expect(() => create(options)).toThrow(TypeError);
    expect(() => create(options)).toThrow(message);
  });

  it('name a tool on one line, however odd or long its name', () => {
    const name = `a\n"${'x'.repeat(10_000)}`;
    let message = '';
    try {
      create({ tools: { [name]: { failureThreshold: 0 } } });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^tools\["a\\n\\"x+…"\]\.failureThreshold must be a positive integer, got 0$/);
    expect(message.length).toBeLessThan(200);
  });

  it('have a clock with three functions', () => {
    const must = 'an object with the functions now, setTimeout and clearTimeout, and optionally wallNow';
    const { now, setTimeout, clearTimeout } = new ManualClock();
    expectRefused({ clock: null }, RangeError, `options.clock must be ${must}, got null`);
    expectRefused({ clock: Date.now }, RangeError, `options.clock must be ${must}, got a function`);
    expectRefused({ clock: { now, setTimeout } }, RangeError, `options.clock must be ${must}, got an object`);
    expectRefused(
      { clock: Object.assign(() => 0, { now, setTimeout, clearTimeout }) },
      RangeError,
      `options.clock must be ${must}, got a function`,
    );
    expectRefused(
      { clock: { now: 5, setTimeout, clearTimeout } },
      RangeError,
      `options.clock must be ${must}, got an object`,
    );
  });

  it('have an inspector and a classifier that are functions', () => {
    for (const inspect of [5, null]) {
      expectRefused(
        { inspect },
        RangeError,
        `options.inspect must be a function or an object with a function next, got ${inspect}`,
      );
    }
    expectRefused({ classify: {} }, RangeError, 'options.classify must be a function, got an object');
  });

  it.each<[object]>([
    [{ start: 0, record: 1, trips: () => false }],
    [{ start: 0, record: () => 0, trips: 1 }],
    [{ record: () => 0, trips: () => false }],
    [Object.assign(() => 1, { start: 0, record: () => 0, trips: () => false })],
  ])('have a trip strategy that is an object with start and two functions, unlike case %#', (trip) => {
    expect(() => create({ circuit: { trip } })).toThrow(
      /^circuit\.trip must be a trip strategy: an object with start/,
    );
  });

  it('have more probes a verdict than must succeed', () => {
    expect(() => create({ circuit: { successThreshold: 3, probesPerVerdict: 2 } })).toThrow(
      new RangeError('circuit.probesPerVerdict must be at least successThreshold (3), got 2'),
    );
    expect(() => create({ circuit: { successThreshold: 3, probesPerVerdict: 3 } })).not.toThrow();
  });

  it('have a random source for the jitter', () => {
    const circuit = { failureThreshold: 1, minBackoffMs: 1_000, jitter: 'full' } as const;
    const registry = create({ clock: new ManualClock(), circuit, random: () => 0.25 });
    registry.recordFailure('shell', 'timeout');
    expect(registry.remainingBackoffMs('shell')).toBe(750);
  });

  it('have a backoff that may throw, for all tools or one', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const fails = () => {
      throw new Error('no backoff');
    };
    const circuit = { failureThreshold: 1, maxBackoffMs: 60_000 };
    for (const options of [
      { circuit: { ...circuit, backoff: fails } },
      { circuit, tools: { shell: { backoff: fails } } },
    ]) {
      const registry = create({ clock: new ManualClock(), ...options });
      registry.recordFailure('shell', 'timeout');
      expect(registry.remainingBackoffMs('shell')).toBe(60_000);
    }
    expect(printed).toHaveBeenCalled();
    printed.mockRestore();
  });

  it('have alternatives of a tool that are a list of names', () => {
    expectRefused(
      { tools: { shell: { alternatives: 'bash' } } },
      RangeError,
      'tools["shell"].alternatives must be a list of tool names, got "bash"',
    );
    expectRefused(
      { tools: { shell: { alternatives: ['grep', 5] } } },
      RangeError,
      'tools["shell"].alternatives must be a list of tool names, got an array',
    );
  });

  it('are read once: changing them later has no effect', () => {
    const options = {
      clock: new ManualClock(),
      circuit: { failureThreshold: 2 },
      tools: { shell: { failureThreshold: 3 } },
    };
    const registry = create(options);
    options.circuit.failureThreshold = 1;
    options.tools.shell.failureThreshold = 1;
    registry.recordFailure('search', 'timeout');
    registry.recordFailure('shell', 'timeout');
    expect(registry.openCircuits()).toEqual([]);
  });
});

describe('a very long backoff', () => {
  it.each([2 ** 31, 1e15, 1e16, 1e308])(
    'of %d ms is waited for, and a denial can state it',
    async (longMs) => {
      const clock = new ManualClock();
      const registry = create({
        clock,
        circuit: { failureThreshold: 1, minBackoffMs: longMs, maxBackoffMs: longMs },
      });
      registry.recordFailure('shell', 'timeout');
      clock.advance(1e9);
      expect(registry.state('shell')).toBe('open');
      const denial = registry.tryAcquire('shell');
      expect(denial.admitted).toBe(false);
      await expect(registry.execute('shell', () => 1)).rejects.toMatchObject({ name: 'CircuitOpenError' });
    },
  );
});
