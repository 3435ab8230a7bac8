import type { ErrorCategory } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { containedClassifier, containedObserver, judge } from '../../src/contain.ts';

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
    expect(judge(() => verdict as boolean, 1)).toBe(category);
  });

  it('that throws says nothing against it', () => {
    expect(judge(throws, 1)).toBe(false);
    expect(console.error).toHaveBeenCalledWith('toolfuse: isFailure threw', boom);
  });
});
