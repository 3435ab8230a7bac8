import fc from 'fast-check';
import { type CallRecord, createToolRegistry, recordCalls } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { replayCalls, TestClock } from '../../../src/testing/index.ts';
import { callRecord, noCounts, recordBegin } from '../../support/call-record.ts';
import { checkProperty } from '../../support/property.ts';

/** Recorded calls of `search`, each a second after the last one. */
function recorder(): (given?: Partial<CallRecord>) => CallRecord {
  let calls = 0;
  return (given) => callRecord(++calls, { durationMs: 100, ...given });
}

const failure = { outcome: 'failure', category: 'network' } as const;
const circuit = { failureThreshold: 3, minBackoffMs: 10_000 };

describe('calls that are replayed', () => {
  it('are refused while a circuit of other settings would have been open, for better or worse', () => {
    const call = recorder();
    // The third failure opens the circuit at 3.1 s, for 10 s.
    const failed = Array.from({ length: 8 }, () => call(failure));
    const recovered = Array.from({ length: 8 }, () => call());
    const { total, tools } = replayCalls([...failed, ...recovered], { circuit });
    expect(total).toEqual({
      calls: 16,
      failed: 8,
      opened: 1,
      refused: 10,
      spared: 5,
      sparedMs: 500,
      wasted: 5,
      unknown: 0,
    });
    expect([...tools]).toEqual([['search', total]]);
  });

  it('are all made where no circuit opens', () => {
    const call = recorder();
    const records = [call(failure), call(failure), call(), call(failure), call(failure), call()];
    expect(replayCalls(records, { circuit }).total).toEqual({ ...noCounts, calls: 6, failed: 4 });
    expect(replayCalls([], {}).total).toEqual(noCounts);
  });

  it('count a tool, a key and an upstream as they were recorded', () => {
    const call = recorder();
    const records = [
      ...Array.from({ length: 4 }, () => call({ ...failure, tool: 'fetch', key: 'a.example' })),
      call({ tool: 'fetch', key: 'b.example' }),
      ...Array.from({ length: 3 }, () => call({ ...failure, tool: 'issues', upstream: 'server:git' })),
      call({ tool: 'files', upstream: 'server:git' }),
    ];
    const { tools } = replayCalls(records, { circuit });
    expect(Object.fromEntries(tools)).toMatchObject({
      fetch: { calls: 5, opened: 1, refused: 1, spared: 1 },
      'server:git': { calls: 0, opened: 1 },
      files: { calls: 1, refused: 1, wasted: 1 },
    });
  });

  it('blame the tool for what it answered, and the upstream for what did not get through', () => {
    const call = recorder();
    const down = { outcome: 'failure', category: 'serviceUnavailable', upstream: 'server:git' } as const;
    const answers = Array.from({ length: 4 }, () => call({ ...down, roundTrip: true }));
    expect(Object.fromEntries(replayCalls(answers, { circuit }).tools)).toMatchObject({
      search: { opened: 1, refused: 1 },
    });
    const losses = Array.from({ length: 4 }, () => call(down));
    expect(Object.fromEntries(replayCalls(losses, { circuit }).tools)).toMatchObject({
      search: { opened: 0, refused: 1 },
      'server:git': { opened: 1, calls: 0 },
    });
  });

  it('take as long as they took: a failure counts when it ends, and a slow call is slow', () => {
    const call = recorder();
    const slow = Array.from({ length: 3 }, () => call({ ...failure, durationMs: 60_000 }));
    // The circuit is still closed when these begin.
    const meanwhile = [call(), call()];
    expect(replayCalls([...slow, ...meanwhile], { circuit }).total).toMatchObject({ opened: 1, refused: 0 });
  });

  it('end before others begin at the same instant, in whatever order the record has them', () => {
    const at = recordBegin;
    const call = recorder();
    const records = [
      call({ at: at + 100 }),
      call({ ...failure, at, durationMs: 100 }),
      call({ ...failure, at: at + 100, durationMs: null }),
    ];
    const once = { circuit: { failureThreshold: 1 } };
    expect(replayCalls(records, once).total).toMatchObject({ opened: 1, refused: 2, wasted: 1, spared: 1 });
  });

  it('are left out where they were refused when they were recorded', () => {
    const call = recorder();
    const refused = call({ outcome: 'refused', refused: 'open', durationMs: null, category: 'network' });
    expect(replayCalls([refused, call()], {}).total).toEqual({ ...noCounts, calls: 1, unknown: 1 });
  });

  it('neither spare nor waste anything where they were cancelled, ignored, answered or abandoned', () => {
    const call = recorder();
    const open = [call(failure), call(failure), call(failure)];
    const others = [
      call({ outcome: 'cancelled', category: 'cancelled' }),
      call({ outcome: 'ignored', category: 'invalidParameters' }),
      call({ outcome: 'answered' }),
      call({ outcome: 'abandoned' }),
    ];
    expect(replayCalls([...open, ...others], { circuit }).total).toMatchObject({
      refused: 4,
      spared: 0,
      wasted: 0,
    });
    // As probes, they leave the circuit half-open: the next call is a probe again, and is made.
    const probes = others.map((each, index) => ({ ...each, at: recordBegin + 60_000 + 1_000 * index }));
    const { total } = replayCalls([...open, ...probes, call({ at: recordBegin + 70_000 })], { circuit });
    expect(total).toMatchObject({ calls: 8, opened: 1, refused: 0 });
  });

  it('may be one object twice', () => {
    const call = recorder()(failure);
    expect(replayCalls([call, call], { circuit: { failureThreshold: 2 } }).total).toMatchObject({
      calls: 2,
      opened: 1,
    });
  });

  it.each([
    ['a line without an object', null, 'records[1] must be an object, got null'],
    ['an instant', { at: '2026-01-01' }, 'records[1].at must be a finite number, got "2026-01-01"'],
    ['a tool', { tool: '' }, 'records[1].tool must be a non-empty string, got ""'],
    ['a duration', { durationMs: -1 }, 'records[1].durationMs must be a number, 0 or more, or null, got -1'],
  ])('are refused with the place and the value of %s', (_what, given, message) => {
    const call = recorder();
    const bad = given === null ? null : { ...call(), ...given };
    expect(() => replayCalls([call(), bad as CallRecord])).toThrow(message);
  });

  it('are refused with settings that no registry takes', () => {
    expect(() => replayCalls([], { circuit: { failureThreshold: 0 } })).toThrow('failureThreshold');
  });
});

/** Calls one after the other: how each ends, how long it takes, and how long until the next, in ms. */
const timelines = fc.array(
  fc.record({
    fails: fc.boolean(),
    durationMs: fc.integer({ min: 0, max: 3_000 }),
    pauseMs: fc.integer({ min: 1, max: 20_000 }),
  }),
  { maxLength: 60 },
);

/** Makes calls on a registry. @returns How many were refused. A refused call takes the time that it would have taken. */
function make(
  calls: readonly { fails: boolean; durationMs: number; pauseMs: number }[],
  mode: 'enforce' | 'observe',
) {
  const clock = new TestClock({ wallNow: recordBegin });
  const registry = createToolRegistry({ clock, circuit, mode });
  const lines: string[] = [];
  recordCalls(registry, { write: (line) => lines.push(line) });
  let refused = 0;
  for (const { fails, durationMs, pauseMs } of calls) {
    const permit = registry.tryAcquire('search');
    clock.advance(durationMs);
    if (!permit.admitted) refused += 1;
    else if (fails) permit.failure('network');
    else permit.success();
    clock.advance(pauseMs);
  }
  registry.stop();
  return { refused, records: lines.map((line) => JSON.parse(line) as CallRecord) };
}

it('a record of all calls, replayed, is refused what a registry with those settings refuses of the same calls', () => {
  checkProperty(
    fc.property(timelines, (calls) => {
      const { records } = make(calls, 'observe');
      expect(records).toHaveLength(calls.length);
      expect(replayCalls(records, { circuit }).total.refused).toBe(make(calls, 'enforce').refused);
    }),
  );
});
