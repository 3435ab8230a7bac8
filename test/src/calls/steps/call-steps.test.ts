import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type CallEnd,
  type CallStep,
  createToolRegistry,
  type Denial,
  type PassingCall,
  timeWindow,
} from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallSteps } from '../../../../src/calls/steps/call-steps.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const setUp = () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    tools: { search: { upstream: 'github' } },
  });
  return { clock, registry };
};

/** A step that records the hooks that ran. */
function recorder() {
  const seen: string[] = [];
  const calls: PassingCall[] = [];
  const ends: CallEnd[] = [];
  const see = (call: PassingCall, what: string): void => {
    calls.push(call);
    seen.push(`${call.tool} ${what}`);
  };
  const step: CallStep = {
    asked: (call) => see(call, 'asked') as undefined,
    admitted: (call, { probe }) => see(call, probe ? 'admitted as a probe' : 'admitted'),
    refused: (call, { reason }) => see(call, `refused: ${reason}`),
    ended: (call, end) => {
      see(call, end.outcome);
      ends.push(end);
    },
  };
  return { seen, calls, ends, step };
}

const denial = (tool: string): Denial => ({
  admitted: false,
  tool,
  key: null,
  reason: 'isolated',
  kind: 'withheld',
  upstream: null,
  retryAfterMs: null,
  retryAt: null,
  probing: false,
  lastErrorCategory: null,
  lastError: null,
  alternatives: [],
});

afterEach(() => void vi.restoreAllMocks());

describe('a step of every call', () => {
  it('sees a call being requested, admitted and ended, as the same object', async () => {
    const { registry } = setUp();
    const { seen, calls, ends, step } = recorder();
    registry.intercept(step);
    await registry.execute('shell', () => 'done');
    expect(seen).toEqual(['shell asked', 'shell admitted', 'shell success']);
    expect(new Set(calls).size).toBe(1);
    expect(calls[0]).toEqual({ tool: 'shell', key: null, upstream: null, run: null });
    expect(ends).toEqual([
      {
        outcome: 'success',
        category: null,
        failure: undefined,
        result: 'done',
        durationMs: 0,
        slow: false,
        late: false,
        probe: false,
        forgotten: false,
      },
    ]);
  });

  it('sees what a call failed with, and that a later one is refused', async () => {
    const { registry } = setUp();
    const { seen, ends, step } = recorder();
    registry.intercept(step);
    const fault = new Error('connect ECONNREFUSED');
    const call = () => registry.execute('shell', () => Promise.reject(fault));
    await expect(call()).rejects.toBe(fault);
    await expect(call()).rejects.toThrow('The call did not run');
    expect(seen).toEqual([
      'shell asked',
      'shell admitted',
      'shell failure',
      'shell asked',
      'shell refused: open',
    ]);
    expect(ends[0]).toMatchObject({ category: 'network', failure: fault });
  });

  it('sees the upstream of a call, from the settings or from the call', () => {
    const { registry } = setUp();
    const { calls, step } = recorder();
    registry.intercept(step);
    registry.tryAcquire('search');
    registry.tryAcquire('grep', { upstream: 'disk' });
    expect([...new Set(calls)]).toEqual([
      { tool: 'search', key: null, upstream: 'github', run: null },
      { tool: 'grep', key: null, upstream: 'disk', run: null },
    ]);
  });

  it('sees of a failed call with an upstream whether it was answered', () => {
    const { registry } = setUp();
    const { ends, step } = recorder();
    registry.intercept(step);
    const fail = (tool: string, failure: unknown, options = {}): void => {
      const permit = registry.tryAcquire(tool);
      if (permit.admitted) permit.failure(failure, options);
      for (const name of [tool, 'github']) registry.reset(name);
    };
    fail('search', { status: 400 });
    fail('search', 'serviceUnavailable', { roundTrip: true });
    fail('search', 'serviceUnavailable');
    fail('search', 'executionError');
    fail('shell', { status: 400 });
    registry.allowRequest('search');
    registry.recordFailure('search', { status: 400 });
    registry.recordFailure('search', 'network');
    expect(ends.map(({ roundTrip }) => roundTrip)).toEqual([
      true,
      true,
      false,
      false,
      undefined,
      true,
      false,
    ]);
  });

  it('sees a probe, and the end of a call that was abandoned, cancelled, or whose tool was forgotten', async () => {
    const { clock, registry } = setUp();
    const { seen, ends, step } = recorder();
    registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    registry.intercept(step);
    const probe = registry.tryAcquire('shell');
    if (probe.admitted) probe.release();
    const controller = new AbortController();
    const cancelled = registry.execute('grep', () => new Promise(() => {}), { signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toThrow();
    const held = registry.tryAcquire('read');
    registry.reset('read');
    if (held.admitted) held.success();
    expect(seen).toEqual([
      'shell asked',
      'shell admitted as a probe',
      'shell abandoned',
      'grep asked',
      'grep admitted',
      'grep failure',
      'read asked',
      'read admitted',
      'read success',
    ]);
    expect(ends.map(({ category, forgotten }) => [category, forgotten])).toEqual([
      [null, false],
      ['cancelled', false],
      [null, true],
    ]);
  });

  it('sees the end of a call that outlives the registry', () => {
    const { registry } = setUp();
    const { ends, step } = recorder();
    registry.intercept(step);
    const permit = registry.tryAcquire('shell');
    registry.stop();
    if (permit.admitted) permit.failure('timeout');
    expect(ends).toMatchObject([{ outcome: 'failure', category: 'timeout', forgotten: true }]);
  });

  it('sees what a call was cancelled for, and which category an event named or a permit stands for', async () => {
    const { registry } = setUp();
    const failures: unknown[] = [];
    registry.intercept({ ended: (_, { failure }) => failures.push(failure) });
    const controller = new AbortController();
    const call = registry.execute('grep', () => new Promise(() => {}), { signal: controller.signal });
    controller.abort('no longer wanted');
    await expect(call).rejects.toBe('no longer wanted');
    registry.tool('shell').send({ type: 'FAILURE', category: 'network' });
    registry.tool('shell').send({ type: 'SUCCESS' });
    const permit = registry.tryAcquire('read');
    if (permit.admitted) permit.failure();
    expect(failures).toEqual(['cancelled', 'network', undefined, 'executionError']);
  });

  it('sees the upstream and the time of a call that it has not seen begin', async () => {
    const { clock, registry } = setUp();
    const upstreams: unknown[] = [];
    const took: unknown[] = [];
    registry.intercept({
      ended: ({ upstream }, { durationMs }) => {
        upstreams.push(upstream);
        took.push(durationMs);
      },
    });
    registry.recordSuccess('search');
    await registry.execute('search', () => {});
    await registry.execute('grep', () => clock.advance(5), { upstream: 'disk' });
    await registry.execute('grep', () => {}, { upstream: 'disk' });
    await registry.execute('grep', () => {}, { upstream: 'disk' });
    await registry.execute('shell', () => {});
    expect(upstreams).toEqual(['github', 'github', 'disk', 'disk', 'disk', null]);
    // After a call that took no time, the next ones are not measured.
    expect(took).toEqual([null, 0, 5, 0, null, 0]);
  });

  it('sees nothing of an event that comes after the registry has stopped', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { registry } = setUp();
    const { seen, step } = recorder();
    registry.intercept(step);
    const shell = registry.tool('shell');
    registry.stop();
    shell.send({ type: 'FAILURE' });
    expect(seen).toEqual([]);
  });

  it('sees the question of allowRequest and the results without a permit', () => {
    const { registry } = setUp();
    const { seen, step } = recorder();
    registry.intercept(step);
    expect(registry.allowRequest('shell')).toBe(true);
    registry.recordSuccess('shell');
    registry.tool('shell').send({ type: 'FAILURE' });
    expect(registry.allowRequest('shell')).toBe(false);
    expect(seen).toEqual([
      'shell asked',
      'shell admitted',
      'shell success',
      'shell failure',
      'shell asked',
      'shell refused: open',
    ]);
  });

  it('sees each failure that counts against a circuit, and no other', () => {
    const { registry } = setUp();
    const blamed: unknown[] = [];
    registry.intercept({ blamed: ({ tool, category, message }) => blamed.push([tool, category, message]) });
    registry.recordFailure('shell', new Error('boom'));
    registry.recordFailure('search', new Error('read ECONNRESET'));
    registry.recordFailure('grep', 'invalidParameters');
    expect(blamed).toEqual([
      ['shell', 'executionError', 'boom'],
      ['github', 'network', 'read ECONNRESET'],
    ]);
  });

  it('can refuse a call, before any circuit is asked', async () => {
    const { registry } = setUp();
    const { seen, step } = recorder();
    registry.intercept(step);
    registry.intercept({ asked: ({ tool }) => (tool === 'shell' ? denial(tool) : undefined) });
    await expect(registry.execute('shell', () => 'done')).rejects.toMatchObject({ denial: denial('shell') });
    expect(registry.tryAcquire('shell')).toEqual(denial('shell'));
    expect(registry.allowRequest('shell')).toBe(false);
    expect(await registry.execute('grep', () => 'done')).toBe('done');
    expect(seen.filter((each) => each.startsWith('shell refused'))).toHaveLength(3);
    expect(registry.snapshot().diagnostics.map(({ tool }) => tool)).toEqual(['grep']);
  });

  it('runs in the order of the list, and the first one that refuses decides', () => {
    const { registry } = setUp();
    const order: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      registry.intercept({
        asked: ({ tool }) => {
          order.push(name);
          return name === 'second' ? denial(tool) : undefined;
        },
      });
    }
    registry.tryAcquire('shell');
    expect(order).toEqual(['first', 'second']);
  });

  it('is not called while it has nothing to do, or once it is removed', () => {
    const { registry } = setUp();
    const { seen, step } = recorder();
    let isActive = false;
    const takeOut = registry.intercept({ ...step, isActive: () => isActive });
    registry.tryAcquire('shell');
    expect(seen).toEqual([]);
    isActive = true;
    registry.tryAcquire('shell');
    expect(seen).toEqual(['shell asked', 'shell admitted']);
    takeOut();
    registry.tryAcquire('shell');
    expect(seen).toHaveLength(2);
  });
});

describe('a step that is timed', () => {
  it('hears how long every call took, while it is active', async () => {
    const { clock, registry } = setUp();
    const took: (number | null)[] = [];
    let isActive = true;
    registry.intercept({
      timed: true,
      isActive: () => isActive,
      ended: (_, { durationMs }) => took.push(durationMs),
    });
    const call = (ms: number) => registry.execute('search', () => clock.advance(ms));
    await call(0);
    await call(7);
    isActive = false;
    await call(9);
    isActive = true;
    await call(11);
    expect(took).toEqual([0, 7, 11]);
  });

  it('hears which calls were slow by the limit of the trip strategy', async () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      tools: { search: { trip: timeWindow({ slowCallMs: 100 }) } },
    });
    const slow: boolean[] = [];
    registry.intercept({ ended: (_, end) => slow.push(end.slow) });
    for (const ms of [100, 101]) await registry.execute('search', () => clock.advance(ms));
    await registry.execute('shell', () => clock.advance(1_000));
    expect(slow).toEqual([false, true, false]);
  });
});

describe('a step that runs the function of a call', () => {
  const setUpRunning = () => {
    const storage = new AsyncLocalStorage<string>();
    const { registry } = setUp();
    const ran: string[] = [];
    registry.intercept({
      running: ({ tool }, run) => {
        ran.push(tool);
        storage.run(tool, run);
      },
    });
    return { registry, storage, ran };
  };

  it('does so once, and the call keeps its result and its error', async () => {
    const { registry, storage, ran } = setUpRunning();
    const fault = new Error('boom');
    expect(await registry.execute('shell', async () => storage.getStore())).toBe('shell');
    expect(await registry.execute('shell', () => storage.getStore(), { timeoutMs: 1_000 })).toBe('shell');
    await expect(registry.execute('grep', () => Promise.reject(fault))).rejects.toBe(fault);
    await expect(
      registry.execute('read', () => {
        throw fault;
      }),
    ).rejects.toBe(fault);
    expect(ran).toEqual(['shell', 'shell', 'grep', 'read']);
  });

  it('does so for each part of a stream', async () => {
    const { registry, storage } = setUpRunning();
    const parts: unknown[] = [];
    const stream = registry.wrap('tail', async function* () {
      yield storage.getStore();
      yield storage.getStore();
    });
    for await (const part of stream()) parts.push(part, storage.getStore());
    expect(parts).toEqual(['tail', undefined, 'tail', undefined]);
  });

  it('is not asked for the parts of a stream that began without it', async () => {
    const { registry } = setUp();
    const stream = await registry.execute('tail', async function* () {
      yield 1;
    });
    const running = vi.fn((_: unknown, run: () => unknown) => void run());
    registry.intercept({ running });
    for await (const part of stream) expect(part).toBe(1);
    expect(running).not.toHaveBeenCalled();
  });

  it('stands outside of those that were added after it', async () => {
    const { registry } = setUp();
    const order: string[] = [];
    for (const name of ['outer', 'inner']) {
      registry.intercept({
        running: (_, run) => {
          order.push(`${name} begins`);
          run();
          order.push(`${name} ends`);
        },
      });
    }
    await registry.execute('shell', () => order.push('the call'));
    expect(order).toEqual(['outer begins', 'inner begins', 'the call', 'inner ends', 'outer ends']);
  });

  it.each([
    ['never calls it', () => {}],
    ['calls it twice', (_: unknown, run: () => void) => [run(), run()]],
    [
      'throws before',
      () => {
        throw new Error('mine');
      },
    ],
    [
      'throws after',
      (_: unknown, run: () => void) => {
        run();
        throw new Error('mine');
      },
    ],
    ['returns something else', (_: unknown, run: () => void) => [run(), 'other'] as never],
  ])('does no harm where it %s', async (_, running) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp();
    let made = 0;
    registry.intercept({ running: running as never });
    expect(await registry.execute('shell', () => ++made)).toBe(1);
    const fault = new Error('of the tool');
    await expect(registry.execute('shell', () => Promise.reject(fault))).rejects.toBe(fault);
    expect(made).toBe(1);
  });
});

describe('a faulty step', () => {
  it('moves no circuit and ends no call: its errors are printed', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry } = setUp();
    const boom = (): never => {
      throw new Error('boom');
    };
    registry.intercept({ asked: boom, admitted: boom, refused: boom, ended: boom, blamed: boom });
    expect(await registry.execute('shell', () => 'done')).toBe('done');
    await expect(registry.execute('shell', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(registry.state('shell')).toBe('open');
    await expect(registry.execute('shell', () => 'done')).rejects.toThrow('The call did not run');
    const hooks = printed.mock.calls.map(([text]) => text);
    expect(new Set(hooks)).toEqual(
      new Set(
        ['asked', 'admitted', 'refused', 'ended', 'blamed'].map((hook) => `toolfuse: step.${hook} threw`),
      ),
    );
  });

  it.each([true, {}, Promise.resolve(denial('shell')), 'no'])('refuses nothing by returning %j', (given) => {
    const { registry } = setUp();
    registry.intercept({ asked: () => given as never });
    expect(registry.allowRequest('shell')).toBe(true);
  });

  it.each([
    [null, TypeError, 'step must be an object, got null'],
    [
      { asks: () => {} },
      TypeError,
      'step.asks is not a setting; the settings of step are isActive, timed, running',
    ],
    [{ asked: 'no' }, RangeError, 'step.asked must be a function, got "no"'],
    [{ timed: 1 }, RangeError, 'step.timed must be true or false, got 1'],
  ])('is not taken: %j', (step, kind, message) => {
    const { registry } = setUp();
    expect(() => registry.intercept(step as never)).toThrow(kind);
    expect(() => registry.intercept(step as never)).toThrow(message);
  });
});

describe('the steps of a registry', () => {
  const call = { tool: 'search' } as PassingCall;
  const end = { outcome: 'success' } as CallEnd;
  /** Two steps with all hooks, of which the second has nothing to do. */
  const twoSteps = () => {
    const seen: string[] = [];
    const stepOf = (name: string, isActive: () => boolean): CallStep => ({
      isActive,
      timed: true,
      asked: () => void seen.push(`${name} asked`) as undefined,
      admitted: () => void seen.push(`${name} admitted`),
      refused: () => void seen.push(`${name} refused`),
      ended: () => void seen.push(`${name} ended`),
      blamed: () => void seen.push(`${name} blamed`),
      running: (_, run) => {
        seen.push(`${name} running`);
        run();
      },
    });
    return { seen, busy: stepOf('busy', () => true), idle: stepOf('idle', () => false) };
  };

  it('leave out each one that has nothing to do, whatever the others do', () => {
    const { seen, busy, idle } = twoSteps();
    for (const steps of [new CallSteps([idle, busy]), new CallSteps([busy, idle])]) {
      steps.asked(call);
      steps.admitted(call, false);
      steps.refused(call, denial('search'));
      expect(steps.run(call, () => 5)).toBe(5);
      steps.ended(call, end);
      steps.blamed({} as never);
      expect(seen.splice(0)).toEqual(
        ['asked', 'admitted', 'refused', 'running', 'ended', 'blamed'].map((hook) => `busy ${hook}`),
      );
      expect([steps.seesCalls, steps.seesEnds, steps.timesCalls]).toEqual([true, true, true]);
    }
  });

  it('have nothing to do where none has', () => {
    const { idle } = twoSteps();
    for (const steps of [new CallSteps([]), new CallSteps([idle, idle])]) {
      expect([steps.seesCalls, steps.seesEnds, steps.timesCalls]).toEqual([false, false, false]);
    }
  });

  it('may lack any hook', () => {
    const steps = new CallSteps([{ asked: () => undefined }, { refused: () => {} }, { ended: () => {} }]);
    expect(() => {
      steps.admitted(call, true);
      steps.refused(call, denial('search'));
      steps.ended(call, end);
    }).not.toThrow();
  });

  it('lose only the one that is removed', () => {
    const { seen, busy } = twoSteps();
    const steps = new CallSteps([busy]);
    const takeOut = steps.add({ ended: () => void seen.push('added ended') });
    takeOut();
    steps.ended(call, end);
    expect(seen).toEqual(['busy ended']);
  });
});
