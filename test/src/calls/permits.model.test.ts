import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { CircuitOpenError, createToolRegistry, type Permit } from 'toolfuse';
import { expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const probeTimeoutMs = 5_000;
const timeoutMs = 2_000;

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acquire' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('execute' as const),
      hasSignal: fc.boolean(),
      hasTimeout: fc.boolean(),
      hasFallback: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'success' as const,
        'failure' as const,
        'ignored' as const,
        'release' as const,
        'abort' as const,
      ),
      which: fc.nat(30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 500, 1_000, 1_999, 2_000, probeTimeoutMs),
      isTimerLate: fc.boolean(),
    }),
  },
);

/** An admitted call, however permission was asked for. */
interface Held {
  readonly generation: number;
  readonly startedAt: number;
  readonly isTimed: boolean;
  /** Whether its circuit still exists; if not, its result belongs to no circuit. */
  isOver: boolean;
  success(): void;
  failure(category: 'timeout' | 'invalidParameters'): void;
  release?(): void;
  abort?(): void;
}

/** Lets all pending promises settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('permits and guarded calls, in any order, leak no place and no listener, and give one verdict each', async () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  /** Counts the interesting cases, to show that the property was really tested. */
  const reached = { late: 0, timedOut: 0, aborted: 0, full: 0 };
  await checkProperty(
    fc.asyncProperty(
      fc.array(step, { maxLength: 45, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, halfOpenMaxProbes, successThreshold) => {
        const clock = new ManualClock();
        const registry = createToolRegistry({
          clock,
          circuit: {
            failureThreshold: 2,
            minBackoffMs: 1_000,
            halfOpenMaxProbes,
            successThreshold,
            probeTimeoutMs,
          },
        });
        const context = () => registry.tool('shell').getSnapshot().context;
        /** The diagnostics without the counters that late results may change. */
        const moving = () => {
          const { lateResults: _, ...rest } = context();
          return { state: registry.state('shell'), ...rest };
        };
        const held: Held[] = [];
        const signals: AbortSignal[] = [];
        const ended: Promise<unknown>[] = [];

        const execute = (how: { hasSignal: boolean; hasTimeout: boolean; hasFallback: boolean }): void => {
          const controller = new AbortController();
          const { signal } = controller;
          let settlers: { resolve: (value: string) => void; reject: (reason: unknown) => void } | undefined;
          const startedAt = clock.now();
          let generation: number | undefined;
          const done = registry.execute<string>(
            'shell',
            () => {
              generation = context().generation;
              return new Promise<string>((resolve, reject) => {
                settlers = { resolve, reject };
              });
            },
            {
              ...(how.hasSignal && { signal }),
              ...(how.hasTimeout && { timeoutMs }),
              ...(how.hasFallback && { fallback: () => 'instead' }),
            },
          );
          ended.push(done.catch((error: unknown) => error));
          if (how.hasSignal) signals.push(signal);
          if (generation === undefined || settlers === undefined) return;
          const { resolve, reject } = settlers;
          held.push({
            generation,
            startedAt,
            isTimed: how.hasTimeout,
            isOver: false,
            success: () => resolve('done'),
            failure: (category) => reject(category),
            ...(how.hasSignal && { abort: () => controller.abort('aborted') }),
          });
        };
        const acquire = (): void => {
          const leave = registry.tryAcquire('shell');
          if (!leave.admitted) {
            if (registry.state('shell') === 'halfOpen') reached.full++;
            return;
          }
          const permit: Permit = leave;
          held.push({
            generation: context().generation,
            startedAt: clock.now(),
            isTimed: false,
            isOver: false,
            success: () => permit.success(),
            failure: (category) => permit.failure(category),
            release: () => permit.release(),
          });
        };

        for (const each of steps) {
          if (each.do === 'acquire') acquire();
          else if (each.do === 'execute') execute(each);
          else if (each.do === 'wait') {
            if (each.isTimerLate) clock.advanceWithLateTimers(each.ms);
            else clock.advance(each.ms);
            for (const call of held) {
              if (each.isTimerLate || !call.isTimed || call.isOver) continue;
              if (clock.now() - call.startedAt < timeoutMs) continue;
              call.isOver = true;
              reached.timedOut++;
            }
          } else {
            const call = held[each.which % Math.max(1, held.length)];
            if (call === undefined) continue;
            const before = moving();
            const { lateResults } = context();
            const isLate = call.generation !== before.generation;
            if (each.do === 'success') call.success();
            else if (each.do === 'failure') call.failure('timeout');
            else if (each.do === 'ignored') call.failure('invalidParameters');
            else if (each.do === 'release') call.release?.();
            else call.abort?.();
            await settle();
            const isSaid = (each.do !== 'release' || call.release) && (each.do !== 'abort' || call.abort);
            // A second report changes nothing, and a late one changes only the counters.
            if (call.isOver) expect(context().lateResults).toBe(lateResults);
            if (call.isOver || isLate || !isSaid) expect(moving()).toEqual(before);
            if (isLate && !call.isOver && isSaid) reached.late++;
            if (each.do === 'abort' && isSaid) reached.aborted++;
            if (isSaid) call.isOver = true;
          }
          await settle();
          const { probesInFlight, probeStarts } = context();
          expect(probesInFlight).toBeLessThanOrEqual(halfOpenMaxProbes);
          expect(probesInFlight).toBe(probeStarts.length);
          if (registry.state('shell') !== 'halfOpen') expect(probesInFlight).toBe(0);
          // Each probe in flight belongs to a caller that still holds its permit.
          const live = held.filter(
            ({ isOver, generation }) => !isOver && generation === context().generation,
          );
          if (registry.state('shell') === 'halfOpen')
            expect(live.length).toBeGreaterThanOrEqual(probesInFlight);
        }

        // By now, every hung call has hung for long enough.
        clock.advance(probeTimeoutMs);
        await settle();
        expect(context().probesInFlight).toBe(0);
        for (const call of held) call.failure('timeout');
        const results = await Promise.all(ended);
        for (const result of results) {
          const isKnown =
            result instanceof CircuitOpenError ||
            (result instanceof DOMException && result.name === 'TimeoutError') ||
            ['done', 'instead', 'timeout', 'invalidParameters', 'aborted'].includes(result as string);
          expect(isKnown, String(result)).toBe(true);
        }
        for (const signal of signals) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
        registry.stop();
        expect(clock.timers).toBe(0);
      },
    ),
    { atLeast: 75, atMost: 300 },
  );
  await settle();
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
  for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(0);
});
