import { createToolRegistry, type ErrorCategory, type TripStrategy } from 'toolfuse';
import { circuitConfig } from 'toolfuse/machines';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import {
  askForInput,
  askForKey,
  askForRun,
  askIsFailure,
  containedBackoff,
  containedChance,
  containedClassifier,
  containedHooks,
  containedObserver,
  containedStrategy,
} from '../../../src/options/strangers.ts';
import { success } from '../../machines/call-outcomes.ts';

const boom = new Error('boom');
const throws = (): never => {
  throw boom;
};
const event = { type: '@xstate.event' } as unknown as InspectionEvent;

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a contained observer', () => {
  it('receives the event, whether it is a function or an object with the method next', () => {
    const seen: unknown[] = [];
    containedObserver((shown) => seen.push(shown))(event);
    class Own {
      next(shown: unknown): void {
        seen.push(this, shown);
      }
    }
    const own = new Own();
    containedObserver(own)(event);
    expect(seen).toEqual([event, own, event]);
  });

  it('may lack next', () => {
    containedObserver({})(event);
    expect(console.error).not.toHaveBeenCalled();
  });

  it('that throws is printed', () => {
    containedObserver(throws)(event);
    containedObserver({ next: throws })(event);
    expect(vi.mocked(console.error).mock.calls).toEqual([
      ['toolfuse: the inspect observer threw', boom],
      ['toolfuse: the inspect observer threw', boom],
    ]);
  });
});

describe('a contained classifier', () => {
  const ours = () => 'network' as const;

  it('is asked first, and its answer is used', () => {
    expect(containedClassifier(() => 'rateLimit', ours)(boom)).toBe('rateLimit');
  });

  it('is ours if the user gave none', () => {
    expect(containedClassifier(undefined, ours)).toBe(ours);
  });

  it.each([undefined, null, '', 'oops', 'constructor', 5, {}, Promise.resolve('timeout')])(
    'that returns %s lets ours decide',
    (category) => {
      expect(containedClassifier(() => category as ErrorCategory, ours)(boom)).toBe('network');
    },
  );

  it('that throws is printed, and ours decides', () => {
    expect(containedClassifier(throws, ours)(boom)).toBe('network');
    expect(console.error).toHaveBeenCalledWith('toolfuse: classify threw', boom);
  });
});

describe('isFailure', () => {
  it.each<[unknown, false | ErrorCategory]>([
    [false, false],
    [true, 'executionError'],
    ['timeout', 'timeout'],
    ['cancelled', 'cancelled'],
    [undefined, false],
    [0, false],
    ['', false],
    ['oops', 'executionError'],
    [null, false],
  ])('that returns %s means %s', (verdict, category) => {
    expect(askIsFailure(() => verdict as boolean, 1)).toBe(category);
  });

  it('that throws means no failure', () => {
    expect(askIsFailure(throws, 1)).toBe(false);
    expect(console.error).toHaveBeenCalledWith('toolfuse: isFailure threw', boom);
  });
});

/** What was printed. */
const said = (): unknown[][] => vi.mocked(console.error).mock.calls;

const noPlainValue = (name: string): unknown[] => [
  `toolfuse: ${name} must return a plain value, got a promise, which is ignored`,
];

describe('a function that chooses the key of a call', () => {
  it('gives text or a number', () => {
    const input = { host: 'a.example' };
    expect(askForKey((given) => (given as typeof input).host, input)).toBe('a.example');
    expect(askForKey(() => 7, input)).toBe(7);
    expect(askForKey(() => '', input)).toBe('');
  });

  it.each([undefined, null])('may give %s: then the call has no key', (nothing) => {
    expect(askForKey(() => nothing, {})).toBeNull();
    expect(said()).toEqual([]);
  });

  it('that gives anything else, or throws, is printed the first time', () => {
    const gives = () => true;
    const fails = () => throws();
    for (const choose of [gives, gives, fails, fails]) expect(askForKey(choose, {})).toBeNull();
    expect(said()).toEqual([
      ['toolfuse: key must return text, a number or nothing, got', true],
      ['toolfuse: key threw', boom],
    ]);
  });

  it('that gives a promise is told so', () => {
    expect(askForKey(async () => 'a.example', {})).toBeNull();
    expect(said()).toEqual([noPlainValue('key')]);
  });
});

describe('a function that gives the input of a call', () => {
  it('is asked with its arguments', () => {
    expect(askForInput((...args) => args.length, ['a', 'b'])).toBe(2);
  });

  it('that throws gives none, which is printed the first time', () => {
    const fails = () => throws();
    expect([askForInput(fails, []), askForInput(fails, [])]).toEqual([undefined, undefined]);
    expect(said()).toEqual([['toolfuse: input threw', boom]]);
  });
});

describe('a function that names the run of a call', () => {
  it('gives its name', () => {
    expect(askForRun(() => 'run 1')).toBe('run 1');
  });

  it.each([undefined, null, '', 5, {}])('that gives %s names none', (junk) => {
    expect(askForRun(() => junk)).toBeNull();
    expect(said()).toEqual([]);
  });

  it('that throws or gives a promise names none, which is printed the first time', () => {
    const fails = () => throws();
    expect([askForRun(fails), askForRun(fails), askForRun(async () => 'run 1')]).toEqual([null, null, null]);
    expect(said()).toEqual([['toolfuse: run threw', boom], noPlainValue('run')]);
  });
});

describe('contained hooks', () => {
  it('are called on their object, and give what they give', () => {
    const hooks = containedHooks(
      {
        step: 2,
        twice: (count: number) => 2 * count,
        own() {
          return this.step;
        },
      },
      'hooks',
    );
    expect([hooks.step, hooks.twice(4), hooks.own()]).toEqual([2, 8, 2]);
  });

  it('that throw are printed, and give nothing', () => {
    expect(containedHooks({ end: throws }, 'telemetry').end()).toBeUndefined();
    expect(said()).toEqual([['toolfuse: telemetry.end threw', boom]]);
  });

  it('that give a promise are told so', () => {
    expect(containedHooks({ end: async () => 1 }, 'telemetry').end()).toBeUndefined();
    expect(said()).toEqual([noPlainValue('telemetry.end')]);
  });
});

describe('a contained trip strategy', () => {
  it('has no time of a slow call if the original has none', () => {
    const strategy = containedStrategy({ start: 0, record: () => 0, trips: () => false });
    expect(Object.keys(strategy)).toEqual(['start', 'record', 'trips']);
  });

  const config = circuitConfig();

  it('answers as the original does, even if that is an instance of a class', () => {
    class Own implements TripStrategy<number> {
      readonly slow = 100;
      get start(): number {
        return 7;
      }
      get slowCallMs(): number {
        return this.slow;
      }
      record(memory: number): number {
        return memory + this.start;
      }
      trips(memory: number): boolean {
        return memory > this.start;
      }
    }
    const strategy = containedStrategy(new Own());
    expect([strategy.start, strategy.slowCallMs]).toEqual([7, 100]);
    expect(strategy.record(1, success())).toBe(8);
    expect([7, 8].map((memory) => strategy.trips(memory, success(), config))).toEqual([false, true]);
  });

  it('whose record throws is printed, and keeps its previous memory', () => {
    const strategy = containedStrategy({ start: 0, record: throws, trips: () => true });
    expect(strategy.record(5, success())).toBe(5);
    expect(console.error).toHaveBeenCalledWith('toolfuse: trip.record threw', boom);
  });

  it('whose trips throws is printed, and trips nothing', () => {
    const strategy = containedStrategy({ start: 0, record: () => 0, trips: throws });
    expect(strategy.trips(0, success(), config)).toBe(false);
    expect(console.error).toHaveBeenCalledWith('toolfuse: trip.trips threw', boom);
  });
});

describe('a contained backoff', () => {
  it('receives the step and the previous backoff', () => {
    expect(containedBackoff((step, previousMs) => step * previousMs)(3, 50)).toBe(150);
  });

  it('that gives a promise is told so, and the longest backoff applies', () => {
    expect(containedBackoff((async () => 5) as never)(0, 0)).toBe(Infinity);
    expect(said()).toEqual([noPlainValue('backoff')]);
  });

  it('that throws is printed, and the longest backoff applies', () => {
    expect(containedBackoff(throws)(0, 0)).toBe(Infinity);
    expect(console.error).toHaveBeenCalledWith('toolfuse: backoff threw', boom);
  });

  it.each(['soon', undefined, {}, Number.NaN])('that returns %s returns no number', (junk) => {
    expect(containedBackoff(() => junk as number)(0, 0)).toBeNaN();
  });
});

describe('a contained random source', () => {
  it('returns the numbers from 0 up to, but not including, 1', () => {
    expect([0, 0.5, 0.999].map((chance) => containedChance(() => chance)())).toEqual([0, 0.5, 0.999]);
  });

  it.each([1, -0.1, Number.NaN, Infinity, undefined])('returns 0 for %s', (junk) => {
    expect(containedChance(() => junk as number)()).toBe(0);
  });

  it('that gives a promise is told so, and returns 0', () => {
    expect(containedChance((async () => 0.5) as never)()).toBe(0);
    expect(said()).toEqual([noPlainValue('random')]);
  });

  it('that throws is printed, and returns 0', () => {
    expect(containedChance(throws)()).toBe(0);
    expect(console.error).toHaveBeenCalledWith('toolfuse: random threw', boom);
  });
});

describe('a function that returns a promise although its answer is needed at once', () => {
  /** A new function each time, because the warning is printed once per function. */
  const later = () => () => Promise.reject(new Error('later'));

  it('is ignored, which is printed the first time, and its rejection goes no further', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const registry = createToolRegistry({
      circuit: { trip: { start: 0, record: later(), trips: later() } as never, backoff: later() as never },
      random: later() as never,
      classify: later() as never,
      inspect: later() as never,
    });
    registry.on('*', later());
    const isFailure = later() as never;
    for (let i = 0; i < 3; i++) await registry.execute('shell', () => 1, { isFailure });
    await registry.execute('shell', () => Promise.reject(new Error('read ECONNRESET'))).catch(() => {});
    expect(registry.diagnostics('shell')).toMatchObject({
      status: 'closed',
      successes: 3,
      failures: { network: 1 },
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    const warned = printed.mock.calls.filter(([words]) => String(words).includes(' must return '));
    const asked = ['classify', 'isFailure', 'trip.record', 'trip.trips'];
    expect(warned.sort()).toEqual(asked.map(noPlainValue));
    printed.mockRestore();
    registry.stop();
  });
});

describe('a fault that cannot even be printed', () => {
  const unprintable = (): never => {
    throw Object.defineProperty(new Error(), 'stack', { get: throws });
  };

  it('stays with the function that threw it', async () => {
    vi.mocked(console.error).mockRestore();
    const registry = createToolRegistry({
      circuit: {
        failureThreshold: 1,
        minBackoffMs: 0,
        trip: { start: 0, record: unprintable, trips: unprintable },
        backoff: unprintable,
        jitter: 'full',
      },
      tools: { shell: { key: unprintable } },
      random: unprintable,
      classify: unprintable,
      inspect: unprintable,
    });
    const heard = vi.fn();
    registry.on('*', unprintable);
    registry.on('circuit.isolated', heard);
    registry.intercept({ asked: unprintable, ended: unprintable, isActive: () => true });
    const calling = { isFailure: unprintable, input: 1, run: unprintable };
    expect(await registry.execute('shell', () => 1, calling)).toBe(1);
    await expect(registry.execute('shell', throws)).rejects.toBe(boom);
    expect(registry.diagnostics('shell')).toMatchObject({ successes: 1, failures: { executionError: 1 } });
    registry.isolate('shell');
    expect(heard).toHaveBeenCalledOnce();
    registry.stop();
  });

  it('is left alone where the console takes no words either', () => {
    vi.mocked(console.error).mockImplementation(throws);
    const classify = (() => Promise.resolve('timeout')) as unknown as () => ErrorCategory;
    expect(containedClassifier(classify, () => 'network')(boom)).toBe('network');
    expect(containedClassifier(throws, () => 'network')(boom)).toBe('network');
  });

  it('is named by where it was thrown', () => {
    const printed = vi.mocked(console.error).mockImplementationOnce(throws);
    containedObserver(unprintable)(event);
    expect(printed.mock.calls[1]).toEqual(['toolfuse: the inspect observer threw what cannot be printed']);
  });
});
