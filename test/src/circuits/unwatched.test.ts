import fc from 'fast-check';
import { countWindow, createToolRegistry, timeWindow } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const strategies = [
  timeWindow({ windowMs: 100, slices: 4, minCalls: 6, slowCallMs: 20, slowCallRate: 0.5 }),
  countWindow({ size: 8, minCalls: 4, failureRate: 0.4 }),
];

/** A circuit without observers records its successes without events, and updates its snapshot when that is read. */
describe('a circuit with a window and without observers', () => {
  it('looks the same whenever it is read as a circuit with observers', async () => {
    const step = fc.record({
      do: fc.constantFrom(
        'call',
        'call',
        'call',
        'call',
        'slow',
        'fail',
        'send',
        'look',
        'wait',
        'isolate',
        'listen',
      ),
      ms: fc.constantFrom(1, 30, 200),
    });
    await checkProperty(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.constantFrom(...strategies),
        async (steps, trip) => {
          const start = () => {
            const clock = new ManualClock();
            const circuit = { trip, minBackoffMs: 50 };
            return { clock, registry: createToolRegistry({ clock, circuit }) };
          };
          const [unwatched, watched] = [start(), start()];
          watched.registry.tool('search').subscribe(() => {});
          const look = ({ registry }: ReturnType<typeof start>) => {
            const { value, context } = registry.tool('search').getSnapshot();
            const { now: _, chance: __, mayTrip: ___, config: ____, ...known } = context;
            return { value, known, diagnostics: registry.diagnostics('search') };
          };
          for (const { do: what, ms } of steps) {
            for (const one of [unwatched, watched]) {
              const { clock, registry } = one;
              if (what === 'wait') clock.advance(ms);
              else if (what === 'send') registry.tool('search').send({ type: 'SUCCESS' });
              else if (what === 'isolate') registry.isolate('search', { forMs: ms });
              else if (what === 'listen')
                registry
                  .tool('search')
                  .subscribe(() => {})
                  .unsubscribe();
              else if (what !== 'look') {
                const call = async () => {
                  clock.advance(what === 'slow' ? 21 : 1);
                  if (what === 'fail') throw 'network';
                };
                await registry.execute('search', call).catch(() => {});
              }
            }
            if (what === 'look') expect(look(unwatched)).toEqual(look(watched));
          }
          expect(look(unwatched)).toEqual(look(watched));
        },
      ),
      { atLeast: 50, atMost: 200 },
    );
  });

  it('returns the same snapshot until something changes', () => {
    const registry = createToolRegistry({ clock: new ManualClock(), circuit: { trip: timeWindow() } });
    const circuit = registry.tool('search');
    registry.recordSuccess('search');
    const snapshot = circuit.getSnapshot();
    expect(snapshot.context.tripMemory).toMatchObject({ calls: 1 });
    expect(circuit.getSnapshot()).toBe(snapshot);
    registry.recordSuccess('search');
    expect(circuit.getSnapshot().context.tripMemory).toMatchObject({ calls: 2 });
    expect(snapshot.context.tripMemory).toMatchObject({ calls: 1 });
  });
});
