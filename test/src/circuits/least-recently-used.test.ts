import fc from 'fast-check';
import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

/** The rule without an index: names in order of use, and which of them may not be forgotten. */
class Naive {
  uses: string[] = [];
  readonly kept = new Set<string>();
  constructor(readonly room: number) {}

  use(tool: string): void {
    while (!this.uses.includes(tool) && this.uses.length >= this.room) {
      const oldest = this.uses.find((name) => !this.kept.has(name));
      if (oldest === undefined) break;
      this.uses = this.uses.filter((name) => name !== oldest);
    }
    this.uses = [...this.uses.filter((name) => name !== tool), tool];
  }
}

const tool = fc.constantFrom(...'abcdefgh');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom('success' as const, 'acquire' as const), tool) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('allow' as const), tool) },
  fc.tuple(fc.constantFrom('isolate' as const, 'release' as const, 'reset' as const), tool),
);

describe('the circuit that is forgotten to make room', () => {
  it('is always the least recently used closed one', () => {
    checkProperty(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 80, size: 'max' }),
        (maxTools, steps) => {
          const registry = createToolRegistry({ clock: new ManualClock(), maxTools });
          const naive = new Naive(maxTools);
          for (const [what, name] of steps) {
            const isKnown = naive.uses.includes(name);
            if (what === 'success') registry.recordSuccess(name);
            else if (what === 'acquire') registry.tryAcquire(name);
            else if (what === 'allow') registry.allowRequest(name);
            else registry[what](name);
            if (what === 'reset') {
              naive.uses = naive.uses.filter((other) => other !== name);
              naive.kept.delete(name);
            } else if (isKnown || (what !== 'allow' && what !== 'release')) naive.use(name);
            if (what === 'isolate') naive.kept.add(name);
            if (what === 'release' && registry.state(name) === 'closed') naive.kept.delete(name);
            const known = registry.snapshot().diagnostics.map(({ tool }) => tool);
            expect(known.sort()).toEqual([...naive.uses].sort());
          }
          expectAgreement(registry);
          registry.stop();
        },
      ),
      { atLeast: 50, atMost: 200 },
    );
  });

  it('is the right one after a circuit was closed by a result with a permit', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      maxTools: 4,
      circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    });
    const known = () =>
      registry
        .snapshot()
        .diagnostics.map(({ tool }) => tool)
        .sort();
    registry.recordFailure('probed', 'timeout');
    clock.advance(1_000);
    const probe = registry.tryAcquire('probed');
    for (const name of ['a', 'b', 'c', 'd']) registry.recordSuccess(name);
    expect(known()).toEqual(['b', 'c', 'd', 'probed']);
    if (probe.admitted) probe.success();
    expect(registry.state('probed')).toBe('closed');
    // Whether or not the end of the probe is a use, b, c and d were not used since, and b was used before c and d.
    registry.allowRequest('b');
    registry.allowRequest('probed');
    registry.recordSuccess('e');
    expect(known()).toEqual(['b', 'd', 'e', 'probed']);
  });
});
