import fc from 'fast-check';
import { createToolRegistry, type ErrorCategory, errorCategories } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { checkProperty } from '../support/property.ts';

/** A breaker written from the rules, without a statechart or timers: it computes everything on demand. */
class Model {
  state: 'closed' | 'open' | 'halfOpen' | 'isolated' = 'closed';
  failures = 0;
  backoffMs = 0;
  lastFailureAt = 0;
  trips = 0;
  denied = 0;
  isolations = 0;
  successes = 0;
  probes: number[] = [];
  constructor(readonly config: Config) {}

  /** Applies the changes that time alone has caused. */
  at(now: number): void {
    if (this.state === 'open' && now >= this.lastFailureAt + this.backoffMs) this.probe();
    this.probes = this.probes.filter((start) => now < start + this.config.probeTimeoutMs);
  }

  request(now: number): boolean {
    if (this.state === 'closed') return true;
    const { halfOpenMaxProbes: max, successThreshold } = this.config;
    const taken = this.probes.length + this.successes;
    if (this.state === 'halfOpen' && this.probes.length < max && taken < Math.max(max, successThreshold)) {
      this.probes.push(now);
      return true;
    }
    this.denied++;
    return false;
  }

  success(): void {
    if (this.state === 'closed') this.failures = 0;
    else if (this.state === 'open') this.close();
    else if (this.state === 'halfOpen') {
      this.probes.shift();
      if (++this.successes >= this.config.successThreshold) this.close();
    }
  }

  failure(category: ErrorCategory, now: number): void {
    if (!errorCategories[category].counted) {
      if (this.state === 'halfOpen') this.probes.shift();
    } else if (this.state === 'closed') {
      this.lastFailureAt = now;
      if (++this.failures >= this.config.failureThreshold) this.open(this.config.minBackoffMs);
    } else if (this.state === 'open') this.lastFailureAt = now;
    else if (this.state === 'halfOpen') {
      this.lastFailureAt = now;
      this.open(Math.min(this.backoffMs * this.config.backoffFactor, this.config.maxBackoffMs));
    }
  }

  isolate(): void {
    this.isolations++;
    this.state = 'isolated';
    this.probes = [];
  }

  release(): void {
    if (this.state === 'isolated' && --this.isolations === 0) this.close();
  }

  get isOpen(): boolean {
    return this.state === 'open' || this.state === 'isolated';
  }

  private probe(): void {
    this.state = 'halfOpen';
    this.successes = 0;
    this.probes = [];
  }

  private open(backoffMs: number): void {
    this.state = 'open';
    this.backoffMs = backoffMs;
    this.trips++;
    this.probes = [];
  }

  private close(): void {
    Object.assign(this, {
      state: 'closed',
      failures: 0,
      backoffMs: 0,
      isolations: 0,
      probes: [],
      successes: 0,
    });
  }
}

const tools = ['shell', '__proto__'] as const;
const categories: ErrorCategory[] = [
  'timeout',
  'network',
  'executionError',
  'cancelled',
  'invalidParameters',
];

const config = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 2 }),
  minBackoffMs: fc.constantFrom(100, 1_000),
  maxBackoffMs: fc.constantFrom(1_000, 5_000),
  backoffFactor: fc.constantFrom(1, 2, 1e308),
  halfOpenMaxProbes: fc.constantFrom(1, 2, 3),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  probeTimeoutMs: fc.constantFrom(500, 3_000),
});
type Config = typeof config extends fc.Arbitrary<infer Value> ? Value : never;

const tool = fc.constantFrom(...tools);
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('request' as const), tool }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('success' as const), tool }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('failure' as const),
      tool,
      category: fc.constantFrom(...categories),
    }),
  },
  fc.record({ do: fc.constantFrom('isolate' as const, 'release' as const, 'reset' as const), tool }),
  fc.record({ do: fc.constant('restart' as const) }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 99, 100, 499, 500, 1_000, 2_999, 3_000, 5_000),
    }),
  },
);

describe('a registry', () => {
  it('follows the rules in any order of steps', () => {
    checkProperty(
      fc.property(
        config,
        fc.array(step, { maxLength: 100, size: 'max' }),
        fc.boolean(),
        (circuit, steps, bare) => {
          const clock = new ManualClock();
          const recovery = { maxOpenCircuits: 2 };
          let registry = createToolRegistry({ circuit, recovery, clock });
          const models = new Map<string, Model>();
          const modelOf = (name: string): Model => {
            const model = models.get(name) ?? new Model(circuit);
            models.set(name, model);
            return model;
          };
          for (const each of steps) {
            const now = clock.now();
            switch (each.do) {
              case 'advance':
                clock.advance(each.ms);
                break;
              case 'request':
                expect(registry.allowRequest(each.tool)).toBe(models.get(each.tool)?.request(now) ?? true);
                break;
              case 'success':
                // Events sent to an actor and the methods of the registry are equivalent.
                if (bare) registry.tool(each.tool).send({ type: 'SUCCESS' });
                else registry.recordSuccess(each.tool);
                modelOf(each.tool).success();
                break;
              case 'failure':
                if (bare) registry.tool(each.tool).send({ type: 'FAILURE', category: each.category });
                else registry.recordFailure(each.tool, each.category);
                modelOf(each.tool).failure(each.category, now);
                break;
              case 'isolate':
                registry.isolate(each.tool);
                modelOf(each.tool).isolate();
                break;
              case 'release':
                registry.release(each.tool);
                models.get(each.tool)?.release();
                break;
              case 'reset':
                registry.reset(each.tool);
                models.delete(each.tool);
                break;
              case 'restart': {
                const restore = registry.persist();
                registry.stop();
                expect(clock.timers, 'a stopped registry leaves no timer').toBe(0);
                registry = createToolRegistry({ circuit, recovery, clock, restore });
                // No call survives the end of the process.
                for (const model of models.values()) Object.assign(model, { probes: [], successes: 0 });
                // A backoff that has run out ends at once.
                clock.advance(0);
                break;
              }
            }
            for (const [name, model] of models) {
              model.at(clock.now());
              expect(registry.diagnostics(name), `${name} after ${JSON.stringify(each)}`).toMatchObject({
                status: model.state,
                openCount: model.trips,
                deniedRequests: model.denied,
                probesInFlight: model.probes.length,
                ...(model.state === 'closed' && { failureCount: model.failures }),
                ...(model.state === 'open' && {
                  currentBackoffMs: model.backoffMs,
                  remainingBackoffMs: model.lastFailureAt + model.backoffMs - clock.now(),
                }),
              });
              expect(model.probes.length).toBeLessThanOrEqual(circuit.halfOpenMaxProbes);
            }
            const open = [...models].filter(([, model]) => model.isOpen).map(([name]) => name);
            expect([...registry.openCircuits()].sort()).toEqual([...open].sort());
            expect(registry.openCircuitCount()).toBe(open.length);
            expect(registry.shouldPauseForRecovery(open.length + 1)).toBe(false);
            const { context, value } = registry.actor.getSnapshot();
            expect(context.openCount).toBe(open.length);
            expect([...context.openCircuits].sort()).toEqual([...open].sort());
            expect(value).toBe(open.length >= 2 ? 'paused' : 'operational');
            const { diagnostics } = registry.snapshot();
            const count = (state: string) => diagnostics.filter(({ status }) => status === state).length;
            for (const [state, number] of Object.entries(context.counts)) expect(number).toBe(count(state));
            // Each open circuit has a timer, and apart from them only half-open ones may have one.
            expect(clock.timers).toBeGreaterThanOrEqual(count('open'));
            expect(clock.timers).toBeLessThanOrEqual(count('open') + count('halfOpen'));
          }
          registry.stop();
          expect(clock.timers).toBe(0);
        },
      ),
      { atLeast: 60, atMost: 600 },
    );
  });

  it('admits no call before the backoff has run out, and any after it, however late the timers are', () => {
    checkProperty(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('wait', 'ask', 'fail'), fc.integer({ min: 1, max: 700 })), {
          maxLength: 40,
        }),
        (steps) => {
          const clock = new ManualClock();
          const circuit = { failureThreshold: 1, minBackoffMs: 1_000, halfOpenMaxProbes: Infinity };
          const registry = createToolRegistry({ circuit, clock });
          registry.recordFailure('search', 'timeout');
          for (const [what, ms] of steps) {
            const leftMs = registry.remainingBackoffMs('search');
            if (what === 'wait') clock.advanceWithLateTimers(ms);
            else if (what === 'fail') registry.recordFailure('search', 'timeout');
            else expect(registry.allowRequest('search')).toBe(leftMs === null || leftMs === 0);
          }
          registry.stop();
        },
      ),
      { atLeast: 75, atMost: 300 },
    );
  });
});
