import {
  type CircuitOpenError,
  createToolRegistry,
  type ToolRegistryEmitted,
  type ToolRegistryOptions,
} from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../support/manual-clock.ts';

const invalid = (property: string): Error =>
  Object.assign(new Error(`Input validation error: '${property}' is a required property`), {
    category: 'invalidParameters',
  });

function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, loops: true, ...options });
  const heard: ToolRegistryEmitted[] = [];
  registry.on('*', (event) => heard.push(event));
  /** Makes a call of a run. @returns what a model would read. */
  const call = (
    tool: string,
    input: unknown,
    ends: (() => unknown) | string = 'the same',
    run: string | undefined = 'a',
  ): Promise<string> =>
    registry
      .execute(tool, () => (typeof ends === 'function' ? ends() : ends), {
        input,
        run,
        correct: ({ result, error }, { text }) => `${error === undefined ? result : error}\n${text}`,
      })
      .then(String, (error: Error) => error.message);
  const calls = async (times: number, ...args: Parameters<typeof call>): Promise<string[]> => {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await call(...args));
    return answers;
  };
  const types = (): string[] => heard.map(({ type }) => type);
  return { clock, registry, heard, call, calls, types };
}

describe('the same call with an equal outcome', () => {
  it('is corrected after three times, refused after five, and a reason to pause after ten', async () => {
    const { registry, calls, heard } = setUp();
    const answers = await calls(10, 'search', { query: 'x' });
    expect(answers.slice(0, 2)).toEqual(['the same', 'the same']);
    for (const [index, answer] of answers.slice(2, 5).entries()) {
      expect(answer).toBe(
        `the same\nYou are repeating yourself. "search" has been called ${index + 3} times with the same arguments, and each time the result was the same. The same call will end in the same way. Use what it has told you already, call it with other arguments, or do something else.`,
      );
    }
    for (const answer of answers.slice(5)) {
      expect(answer).toMatch(
        /^The call did not run\. "search" has been called \d+ times with the same arguments, and each time the result was the same\./,
      );
    }
    expect(heard.filter(({ type }) => type.startsWith('loop'))).toMatchObject([
      ...[3, 4, 5].map((count) => ({
        type: 'loop.warned',
        run: 'a',
        tool: 'search',
        kind: 'sameCall',
        count,
      })),
      ...[6, 7, 8, 9, 10].map((count) => ({ type: 'loop.denied', run: 'a', kind: 'sameCall', count })),
      { type: 'loop.stopped', run: 'a', tool: 'search', kind: 'sameCall', count: 10, observed: false },
    ]);
    expect(registry.recovery()).toMatchObject({
      isPaused: true,
      reason: 'a run repeats itself: a',
      runs: ['a'],
    });
    expect(registry.shouldPauseForRecovery()).toBe(true);
    expect(registry.run('a').diagnostics()).toMatchObject({ state: 'stopped', warned: 3, denied: 5 });
    expect(registry.metrics().loops).toEqual({ runs: 1, warned: 3, denied: 5, stopped: 1 });
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', calls: 5, deniedRequests: 0 });
  });

  it('is refused as data that says what was repeated', async () => {
    const { registry, calls } = setUp({ tools: { search: { alternatives: ['grep'] } } });
    await calls(5, 'search', 1);
    const permit = registry.tryAcquire('search', { input: 1, run: 'a' });
    expect(permit).toMatchObject({
      admitted: false,
      reason: 'loop',
      kind: 'repeating',
      retryAfterMs: null,
      alternatives: ['grep'],
      probing: false,
      lastError: null,
      loop: { kind: 'sameCall', tool: 'search', count: 6, endings: [] },
    });
    await calls(5, 'read', 1);
    expect(registry.tryAcquire('read', { input: 1, run: 'a' })).toMatchObject({ alternatives: [] });
    await calls(5, 'search', 1);
    const error: CircuitOpenError = await registry
      .execute('search', () => 1, { input: 1, run: 'a' })
      .catch((error) => error);
    expect(error.toModel().data).toMatchObject({
      error: 'call_repeated',
      executed: false,
      retryAfterSeconds: null,
    });
  });

  it('is none where the result changes, where the input differs, or where either is unknown', async () => {
    const { calls, types, registry } = setUp();
    let count = 0;
    await calls(20, 'poll', 1, () => `at ${count++}`);
    for (let input = 0; input < 20; input++) await calls(1, 'search', input);
    await calls(20, 'search', undefined);
    await calls(20, 'fetch', 1, () => new Response('the same'));
    for (let i = 0; i < 20; i++) {
      const permit = registry.tryAcquire('search', { input: 1, run: 'a' });
      if (permit.admitted) permit.success();
    }
    expect(types()).toEqual([]);
  });

  it('is known by what inputs and results hold, whatever the order of their fields', async () => {
    const { call } = setUp();
    await call('search', { a: 1, b: [2, { c: 3 }] }, () => ({ x: 1, y: 2 }));
    await call('search', { b: [2, { c: 3 }], a: 1 }, () => ({ y: 2, x: 1 }));
    expect(await call('search', { a: 1, b: [2, { c: 3 }] }, () => ({ x: 1, y: 2 }))).toContain(
      'You are repeating',
    );
  });

  it('is forgotten after a new call, and may then be made again', async () => {
    const { call, calls } = setUp();
    await calls(6, 'search', 1);
    await call('read', 2);
    expect(await call('search', 1)).toBe('the same');
  });

  it('is forgotten when the run was quiet for long', async () => {
    const { clock, registry, call, calls } = setUp();
    await calls(10, 'search', 1);
    expect(registry.recovery().isPaused).toBe(true);
    clock.advance(599_999);
    expect(registry.run('a').state).toBe('stopped');
    clock.advance(1);
    expect(registry.run('a').state).toBe('steady');
    expect(registry.recovery().isPaused).toBe(false);
    expect(await call('search', 1)).toBe('the same');
  });

  it('is no loop where it is a polling tool, or where the call names no run', async () => {
    const { calls, types } = setUp({ tools: { 'status*': { polling: true } } });
    await calls(20, 'status of job', 1);
    for (let i = 0; i < 20; i++) await calls(1, 'search', 1, 'the same', '');
    expect(types()).toEqual([]);
  });

  it('is one where it fails in the same way, but not where the way to the tool is at fault', async () => {
    const { calls } = setUp({ circuit: { failureThreshold: 100 } });
    const failing = await calls(6, 'shell', 'make', () => Promise.reject(new Error('exit code 2')));
    expect(failing[4]).toMatch(/^Error: exit code 2\n.* and each time it ended with: exit code 2\./);
    expect(failing[5]).toMatch(/^The call did not run/);
    const down = await calls(20, 'fetch', 1, () => Promise.reject(new Error('connect ECONNREFUSED')));
    expect(new Set(down)).toEqual(new Set(['connect ECONNREFUSED']));
  });
});

/** Rejects with an error of this category. */
const failsAs =
  (category: string, message = 'no') =>
  () =>
    Promise.reject(Object.assign(new Error(message), { category }));

describe('a call that says nothing about repetitions', () => {
  it.each(['cancelled', 'circuitOpen', 'rateLimit', 'network', 'timeout'])(
    'is one that ended as %s',
    async (category) => {
      const { calls, types } = setUp({ circuit: { failureThreshold: 1_000 } });
      await calls(20, 'search', 1, failsAs(category));
      expect(types()).toEqual([]);
    },
  );

  it('is one that was not made', async () => {
    const { registry, calls, types } = setUp();
    const release = () => {
      const permit = registry.tryAcquire('search', { input: 1, run: 'a' });
      if (permit.admitted) permit.release();
    };
    for (let i = 0; i < 20; i++) release();
    expect(types()).toEqual([]);
    await calls(2, 'search', 1);
    release();
    // Nor is it anything new among calls that are repeated.
    expect(await calls(1, 'search', 1)).toEqual([expect.stringContaining('called 3 times')]);
  });

  it('is one that failed in other words than before', async () => {
    const { call, types } = setUp({ circuit: { failureThreshold: 1_000 } });
    for (let i = 0; i < 20; i++)
      await call('shell', 'make', failsAs('executionError', `step ${'i'.repeat(i)}`));
    expect(types()).toEqual([]);
  });

  it('is still shown by how it ended', async () => {
    const ended: unknown[] = [];
    const { call } = setUp({
      inspect: (shown) => {
        if (shown.type !== '@xstate.event' || shown.event.type !== 'CALL_ENDED') return;
        ended.push((shown.event as unknown as { call: { ended: string } }).call.ended);
      },
    });
    await call('search', 1);
    for (const category of ['executionError', 'invalidParameters', 'toolNotFound']) {
      await call('search', 1, failsAs(category));
    }
    expect(ended).toEqual(['success', 'failure', 'mistake', 'unknownTool']);
  });
});

describe('calls in turn', () => {
  it.each([2, 3, 4])('of %d kinds are a loop', async (size) => {
    const { call, heard } = setUp();
    const answers: string[] = [];
    for (let round = 0; round < 6; round++) {
      for (let each = 0; each < size; each++) answers.push(await call(`tool ${each}`, each));
    }
    expect(answers[size * 2]).toContain('The same calls have been made in turn');
    expect(answers.at(-1)).toMatch(/^The call did not run\. The same calls have been made in turn/);
    expect(heard.filter(({ type }) => type === 'loop.denied')).toHaveLength(size);
  });

  it('are none while one of them is new, or has a new result', async () => {
    const { call, types } = setUp();
    for (let round = 0; round < 20; round++) {
      await call('edit', `change ${round}`);
      await call('test', 'all', '3 tests failed');
    }
    for (let round = 0; round < 20; round++) {
      await call('step', 'next', `step ${round}`);
      await call('look', 'here', 'a wall');
    }
    expect(types()).toEqual([]);
  });
});

describe('the same mistake with other arguments each time', () => {
  it('is corrected, and refused for known arguments always and for new ones every other time', async () => {
    const { registry, call, heard } = setUp();
    const names = ['path', 'hash', 'ranges', 'start', 'contents'];
    const answers: string[] = [];
    for (const name of names) {
      // Other calls in between are no progress with this one.
      await call('read', name, `text of ${name}`);
      answers.push(await call('edit', { name }, () => Promise.reject(invalid(name))));
    }
    expect(answers[1]).not.toContain('repeating');
    expect(answers[2]).toContain(
      'You are repeating yourself. "edit" has been called 3 times with the same mistake, and it ended with: ',
    );
    expect(answers[2]).toContain("'hash' is a required property | ");
    expect(await call('edit', { name: 'sixth' })).toMatch(
      /^The call did not run\. "edit" has been called 6 times with the same mistake/,
    );
    expect(registry.tryAcquire('edit', { input: { name: 'path' }, run: 'a' })).toMatchObject({
      reason: 'loop',
      lastError: "Input validation error: 'contents' is a required property",
    });
    const isFixed = await call('edit', { name: 'right' }, 'edited');
    expect(isFixed).toBe('edited');
    expect(registry.run('a').state).toBe('steady');
    expect(await call('edit', { name: 'path' }, () => Promise.reject(invalid('path')))).not.toContain(
      'repeating',
    );
    expect(heard.filter(({ type }) => type === 'loop.denied')).toHaveLength(2);
  });

  it('ends in a pause if it is never corrected', async () => {
    const { registry, call } = setUp();
    let ran = 0;
    for (let i = 0; i < 10; i++) {
      await call('edit', i, () => {
        ran += 1;
        return Promise.reject(invalid(`p${i}`));
      });
    }
    expect(ran).toBe(7);
    expect(registry.recovery().runs).toEqual(['a']);
  });

  it('is none where the words tell another story, or where a search goes on', async () => {
    const { call, types } = setUp();
    for (let i = 0; i < 20; i++) {
      await call('read', i, () =>
        Promise.reject(
          Object.assign(new Error(`ENOENT: no such file, open '/etc/${i}'`), { code: 'ENOENT' }),
        ),
      );
    }
    const different = ['a b', 'c d', 'e f', 'g h', 'i j', 'k l'];
    for (const words of different) {
      await call('edit', words, () =>
        Promise.reject(Object.assign(new Error(words), { category: 'invalidParameters' })),
      );
    }
    expect(types()).toEqual([]);
  });

  it('is also one that a tool answers and that does not count', async () => {
    const { registry, call } = setUp();
    const answer = Object.assign(new Error('no canvas'), { category: 'executionError', counts: false });
    for (let i = 0; i < 5; i++) await call('draw', i, () => Promise.reject(answer));
    expect(await call('draw', 6)).toContain('with the same mistake, and each time it ended with: no canvas');
    expect(registry.diagnostics('draw')).toMatchObject({ answered: 5, failureCount: 0 });
  });
});

describe('calls of tools that do not exist', () => {
  const unknown = () =>
    Promise.reject(Object.assign(new Error('Tool not found'), { category: 'toolNotFound' }));

  it('are a loop whatever their names; a name that may exist is never refused', async () => {
    const { call, calls } = setUp();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await calls(1, name, 1, unknown);
    expect(await call('a', 2, unknown)).toMatch(
      /^The call did not run\. Tools that do not exist, such as "a", have been called 6 times in a row/,
    );
    expect(await call('f', 1, unknown)).toContain('You are repeating yourself. Tools that do not exist');
    expect(await call('search', 1, 'found')).toBe('found');
    expect(await call('a', 3, unknown)).toBe('Tool not found');
  });
});

describe('a run', () => {
  it('is guarded apart from all others', async () => {
    const { registry, calls } = setUp();
    await calls(6, 'search', 1, 'the same', 'a');
    const [answer] = await calls(1, 'search', 1, 'the same', 'b');
    expect(answer).toBe('the same');
    expect(registry.runs().map(({ id, state }) => [id, state])).toEqual([
      ['a', 'refusing'],
      ['b', 'steady'],
    ]);
  });

  it('goes on when its user says so', async () => {
    const acknowledged: string[] = [];
    const { registry, calls, call, types } = setUp({
      inspect: (shown) => {
        if (shown.type !== '@xstate.event' || shown.event.type !== 'ACKNOWLEDGE') return;
        if (shown.actorRef !== registry.actor) acknowledged.push(shown.actorRef.sessionId);
      },
    });
    await calls(4, 'read', 1, 'the same', 'c');
    await calls(10, 'search', 1);
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    // Nobody has said anything about a run that was not stopped.
    expect([registry.run('a').state, registry.run('c').state]).toEqual(['steady', 'repeating']);
    expect(registry.recovery().isPaused).toBe(false);
    expect(await call('search', 1)).toBe('the same');
    expect(types().slice(-2)).toEqual(['recovery.resumed', 'loop.ended']);
    expect(acknowledged).toEqual([registry.run('a').actor.sessionId]);
    const run = registry.run('b');
    await calls(10, 'search', 1, 'the same', 'b');
    run.acknowledge();
    expect(run.state).toBe('steady');
  });

  it('no longer calls for a pause when it does something new, or has ended', async () => {
    const { registry, calls, call } = setUp();
    await calls(10, 'search', 1);
    await call('read', 2);
    expect(registry.recovery().isPaused).toBe(false);
    await calls(10, 'search', 1);
    expect(registry.recovery().isPaused).toBe(true);
    registry.run('a').end();
    expect(registry.recovery().isPaused).toBe(false);
    expect(registry.runs()).toEqual([]);
  });

  it('is guarded when it was begun by hand, and not by its name alone, where loops are off', async () => {
    const { registry, calls, types } = setUp({ loops: false });
    await calls(10, 'search', 1);
    expect([types(), registry.runs()]).toEqual([[], []]);
    const run = registry.run('a');
    await calls(3, 'search', 1);
    expect(run.state).toBe('repeating');
    run.end();
    expect(run.state).toBe('ended');
    await calls(10, 'search', 1);
    expect(types()).toEqual(['loop.warned']);
  });

  it('leaves the others guarded when it ends', async () => {
    for (const loops of [true, false]) {
      const { registry, calls } = setUp({ loops });
      const [a, b] = [registry.run('a'), registry.run('b')];
      a.end();
      await calls(3, 'search', 1, 'the same', 'b');
      expect(b.state).toBe('repeating');
      b.end();
      expect(registry.runs()).toEqual([]);
      await calls(3, 'search', 1, 'the same', 'c');
      // Only where loops are guarded against in general, a call begins a run.
      expect(registry.runs().map(({ state }) => state)).toEqual(loops ? ['repeating'] : []);
    }
  });

  it('that has ended stays so, whatever is begun by the same name, and hears of no call', async () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { registry, calls } = setUp();
    const ended = registry.run('a');
    await calls(3, 'search', 1);
    const permit = registry.tryAcquire('search', { input: 1, run: 'a' });
    ended.end();
    const begun = registry.run('a');
    if (permit.admitted) {
      permit.success('the same');
      expect(permit.correction).toBeNull();
    }
    ended.end();
    expect(registry.runs()).toEqual([begun]);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('leaves calls alone that name another one, where loops are off', async () => {
    const { registry, calls } = setUp({ loops: false });
    registry.run('a');
    expect(new Set(await calls(10, 'search', 1, 'the same', 'b'))).toEqual(new Set(['the same']));
  });

  it('is an actor with its name', () => {
    expect(setUp().registry.run('a').actor.id).toBe('run a');
  });

  it('refuses nothing any more while the registry stops', async () => {
    const { registry, calls } = setUp();
    for (const run of ['a', 'b']) await calls(10, 'search', 1, 'the same', run);
    const admitted: boolean[] = [];
    registry.on('loop.ended', () => {
      admitted.push(registry.tryAcquire('search', { input: 1, run: 'b' }).admitted);
    });
    registry.stop();
    expect(admitted[0]).toBe(true);
  });

  it('can be given as itself or by a function', async () => {
    const { registry } = setUp();
    const run = registry.run('a');
    await registry.execute('search', () => 1, { input: 1, run });
    await registry.execute('search', () => 1, { input: 1, run: () => 'a' });
    const search = registry.wrap('search', (_input: number) => 1, { run: () => 'a', correct: () => 99 });
    expect(await search(1)).toBe(99);
    await registry.execute('search', () => 1, { input: 1, run: () => undefined });
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const faulty = () => {
      throw new Error('no store');
    };
    for (let i = 0; i < 2; i++) await registry.execute('search', () => 1, { input: 1, run: faulty });
    expect(printed).toHaveBeenCalledOnce();
    printed.mockRestore();
    expect(run.diagnostics()).toMatchObject({ state: 'repeating', loop: { count: 3 } });
    expect(() => registry.tryAcquire('search', { run: 5 as never })).toThrow(
      /^run must be the name of a run, or a run, got 5/,
    );
    expect(() => registry.run('')).toThrow(TypeError);
  });

  it('has a correction for those who hold a permit', () => {
    const { registry } = setUp();
    for (let i = 1; i <= 3; i++) {
      const permit = registry.tryAcquire('search', { input: 1, run: 'a' });
      if (!permit.admitted) throw new Error('refused');
      expect(permit.correction).toBeNull();
      permit.success('found');
      if (i < 3) expect(permit.correction).toBeNull();
      else expect(permit.correction).toMatchObject({ run: 'a', tool: 'search', kind: 'sameCall', count: 3 });
    }
  });

  it('is forgotten when there are too many', async () => {
    const { registry, calls } = setUp({ loops: { maxRuns: 2 } });
    for (const run of ['a', 'b', 'a', 'c']) await calls(1, 'search', 1, 'the same', run);
    expect(registry.runs().map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('keeps neither inputs nor results, and nothing grows with its calls', async () => {
    const { registry, call, calls } = setUp();
    for (let i = 0; i < 200; i++) {
      await call(`tool ${i}`, { secret: `password ${i}` }, `result ${i}`);
      await call('edit', `password ${i}`, () => Promise.reject(invalid(`${i}`)));
      await call('read', i, () =>
        Promise.reject(Object.assign(new Error(`no file ${i}`), { category: 'resourceNotFound' })),
      );
    }
    await calls(20, 'search', 'password', 'result');
    const kept = JSON.stringify(registry.run('a').actor.getSnapshot().context.memory);
    expect(kept).not.toMatch(/password|result/);
    expect(kept.length).toBeLessThan(10_000);
  });

  it('cannot be begun any more once the registry has stopped', async () => {
    const { registry, calls } = setUp();
    registry.stop();
    const run = registry.run('late');
    await calls(3, 'search', 1, 'the same', 'late').catch(() => {});
    expect([run.state, registry.runs()]).toEqual(['ended', []]);
  });

  it.each(['before', 'after'])(
    'that is begun %s the registry stops may be told anything after its end, and XState warns of nothing',
    (when) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const { registry } = setUp();
      if (when === 'after') registry.stop();
      const run = registry.run('a');
      expect(run.actor.id).toBe('run a');
      run.end();
      run.acknowledge();
      run.end();
      expect([run.state, warn.mock.calls]).toEqual(['ended', []]);
      warn.mockRestore();
    },
  );

  it('ends with the registry, and keeps no process alive', async () => {
    const { clock, registry, calls } = setUp();
    await calls(10, 'search', 1);
    registry.stop();
    expect(registry.runs()).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});

describe('a tool that only observes', () => {
  it('is told of, and neither corrected nor refused, and calls for no pause', async () => {
    const { registry, calls, heard } = setUp({ mode: 'observe' });
    const answers = await calls(15, 'search', 1);
    expect(new Set(answers)).toEqual(new Set(['the same']));
    expect(registry.recovery().isPaused).toBe(false);
    expect(registry.metrics().loops).toMatchObject({ denied: 10, stopped: 1 });
    expect(heard.every((event) => 'observed' in event && event.observed)).toBe(true);
  });
});

it('a run that only observed tools have stopped stays so when a pause for other reasons is over', async () => {
  const { registry, calls, types } = setUp({
    circuit: { failureThreshold: 1 },
    recovery: { maxOpenCircuits: 1 },
    tools: { search: { mode: 'observe' } },
  });
  await calls(10, 'search', 1);
  registry.recordFailure('shell', 'timeout');
  registry.recordSuccess('shell');
  expect(types()).toContain('recovery.resumed');
  expect(registry.run('a').state).toBe('stopped');
});

describe('the settings of loops', () => {
  it.each([
    [{ warnAfter: 0 }, 'loops.warnAfter must be a positive integer, got 0'],
    [{ warnAfter: 6 }, 'loops.denyAfter must be at least warnAfter (6), got 5'],
    [{ denyAfter: 11 }, 'loops.stopAfter must be at least denyAfter (11), got 10'],
    [{ warnAftr: 1 }, 'loops.warnAftr is not a setting'],
    ['yes', 'options.loops must be true, false or an object, got "yes"'],
  ])('are checked: %j', (loops, message) => {
    expect(() => createToolRegistry({ loops: loops as never })).toThrow(message);
  });

  it('may have equal limits', () => {
    expect(() => createToolRegistry({ loops: { warnAfter: 4, denyAfter: 4, stopAfter: 4 } })).not.toThrow();
  });

  it('decide when a run is corrected, refused and stopped', async () => {
    const { registry, calls, types } = setUp({ loops: { warnAfter: 2, denyAfter: 2, stopAfter: 3 } });
    await calls(3, 'search', 1);
    expect(types()).toEqual(['loop.warned', 'loop.denied', 'loop.stopped', 'recovery.paused']);
    expect(registry.run('a').state).toBe('stopped');
  });
});
