import type { ErrorCategory, TripStrategy } from 'toolfuse';
import { circuitConfig } from 'toolfuse/machines';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import {
  askIsFailure,
  containedBackoff,
  containedChance,
  containedClassifier,
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
  it('is shown the event, as a function or as the next of an object that is its own', () => {
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

  it('may have no next', () => {
    expect(() => containedObserver({})(event)).not.toThrow();
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

  it('is asked first, and believed', () => {
    expect(containedClassifier(() => 'rateLimit', ours)(boom)).toBe('rateLimit');
  });

  it('is ours where there is none', () => {
    expect(containedClassifier(undefined, ours)).toBe(ours);
  });

  it.each([undefined, null, '', 'oops', 'constructor', 5, {}, Promise.resolve('timeout')])(
    'that gives %s leaves it to ours',
    (category) => {
      expect(containedClassifier(() => category as ErrorCategory, ours)(boom)).toBe('network');
    },
  );

  it('that throws is printed, and leaves it to ours', () => {
    expect(containedClassifier(throws, ours)(boom)).toBe('network');
    expect(console.error).toHaveBeenCalledWith('toolfuse: classify threw', boom);
  });
});

describe('a word on a returned value', () => {
  it.each<[unknown, false | ErrorCategory]>([
    [false, false],
    [true, 'executionError'],
    ['timeout', 'timeout'],
    ['cancelled', 'cancelled'],
    [undefined, false],
    [0, false],
    ['', false],
    ['oops', 'executionError'],
  ])('that is %s means %s', (verdict, category) => {
    expect(askIsFailure(() => verdict as boolean, 1)).toBe(category);
  });

  it('that throws says nothing against it', () => {
    expect(askIsFailure(throws, 1)).toBe(false);
    expect(console.error).toHaveBeenCalledWith('toolfuse: isFailure threw', boom);
  });
});

describe('a contained trip strategy', () => {
  const config = circuitConfig();

  it('says what its own says, though that be an object of a class', () => {
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

  it('whose record throws is printed, and remembers what it did', () => {
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
  it('is asked with the step and the backoff before it', () => {
    expect(containedBackoff((step, previousMs) => step * previousMs)(3, 50)).toBe(150);
  });

  it('that throws is printed, and is the longest', () => {
    expect(containedBackoff(throws)(0, 0)).toBe(Infinity);
    expect(console.error).toHaveBeenCalledWith('toolfuse: backoff threw', boom);
  });

  it.each(['soon', undefined, {}, Number.NaN])('that gives %s gives no number', (junk) => {
    expect(containedBackoff(() => junk as number)(0, 0)).toBeNaN();
  });
});

describe('a contained source of chance', () => {
  it('gives what it is given from 0 up to, but not including, 1', () => {
    expect([0, 0.5, 0.999].map((chance) => containedChance(() => chance)())).toEqual([0, 0.5, 0.999]);
  });

  it.each([1, -0.1, Number.NaN, Infinity, undefined])('gives 0 for %s', (junk) => {
    expect(containedChance(() => junk as number)()).toBe(0);
  });

  it('that throws is printed, and gives 0', () => {
    expect(containedChance(throws)()).toBe(0);
    expect(console.error).toHaveBeenCalledWith('toolfuse: random threw', boom);
  });
});
