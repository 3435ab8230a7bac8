import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProperty, type Effort } from './property.ts';

describe('a property', () => {
  /** How often it is checked, with an effort. */
  function runsWith(effort: Effort, slowMs = 0): number {
    let runs = 0;
    const wait = (): void => {
      for (const until = performance.now() + slowMs; performance.now() < until; );
    };
    checkProperty(
      fc.property(fc.nat(), () => {
        runs++;
        wait();
      }),
      effort,
    );
    return runs;
  }

  it('is checked as often as is asked where there is time', () => {
    expect(runsWith({ atLeast: 10, atMost: 100, withinMs: 600_000 })).toBe(100);
  });

  it('is checked the least number of times where there is none', () => {
    expect(runsWith({ atLeast: 10, atMost: 100, withinMs: 0 })).toBe(10);
    expect(runsWith({ atLeast: 10, atMost: 100, withinMs: 5 }, 1)).toBe(10);
  });

  it('is given up between the two when the time is over', () => {
    const runs = runsWith({ atLeast: 2, atMost: 1_000_000, withinMs: 50 }, 1);
    expect(runs).toBeGreaterThanOrEqual(2);
    expect(runs).toBeLessThan(1_000_000);
  });

  it.each([
    ['in one of the first runs', 5],
    ['in one of those that follow', 60],
  ])('that fails %s says how to see that again', (_, failsAt) => {
    /** The values that are tried, until one of them fails; and then those that it is shrunk to. */
    const failure = (replay?: Effort) => {
      const tried: number[] = [];
      const property = fc.property(fc.integer(), (value) => {
        tried.push(value);
        return replay === undefined && tried.length < failsAt;
      });
      const effort = { atLeast: 20, atMost: 100, withinMs: 600_000, ...replay };
      let message = '';
      try {
        checkProperty(property, effort);
      } catch (error) {
        message = (error as Error).message;
      }
      return { tried, message };
    };
    const { tried, message } = failure();
    const [, seed, path] = /\{ seed: (-?\d+), path: "([\d:]+)"/.exec(message) ?? [];
    expect(failure({ seed: Number(seed), path: path ?? '' }).tried[0]).toBe(tried.at(-1));
  });

  it('that is asynchronous is checked likewise, and fails likewise', async () => {
    let runs = 0;
    const passes = fc.asyncProperty(fc.nat(), async () => void runs++);
    await checkProperty(passes, { atLeast: 10, atMost: 30, withinMs: 600_000 });
    expect(runs).toBe(30);
    const fails = fc.asyncProperty(fc.nat(), async () => runs++ < 50);
    await expect(checkProperty(fails, { atLeast: 10, atMost: 300, withinMs: 600_000 })).rejects.toThrow(
      /Property failed after \d+ tests/,
    );
  });
});
