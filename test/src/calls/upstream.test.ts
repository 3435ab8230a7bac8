import {
  createToolRegistry,
  type Denial,
  type Permit,
  RegistryStoppedError,
  type ToolRegistryOptions,
} from 'toolfuse';
import { countWindow } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

/** Two tools of one server, which trips at its third failure in a row. */
function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 3, minBackoffMs: 1_000, probeTimeoutMs: 10_000 },
    tools: { search: { upstream: 'server', alternatives: ['grep'] }, fetch: { upstream: 'server' } },
    ...options,
  });
  const permit = (tool = 'search'): Permit => {
    const leave = registry.tryAcquire(tool);
    if (!leave.admitted) throw new Error(`denied: ${leave.reason}`);
    return leave;
  };
  const denial = (tool = 'search'): Denial => {
    const leave = registry.tryAcquire(tool);
    if (leave.admitted) throw new Error('admitted');
    return leave;
  };
  const failures = (tool: string) => registry.diagnostics(tool).failureCount;
  const breakServer = (): void => {
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'network');
  };
  return { clock, registry, permit, denial, failures, breakServer };
}

const answer = (status: number): Error => Object.assign(new Error(`status ${status}`), { status });

describe('a failed call of a tool that has an upstream', () => {
  it.each<[string, unknown, number, number]>([
    ['that did not get through', 'network', 0, 1],
    ['that timed out', 'timeout', 0, 1],
    ['that was answered: out of service', answer(503), 0, 1],
    ['of the tool’s own', 'executionError', 1, 0],
    ['that was answered: too many requests', answer(429), 1, 0],
    ['because of its arguments', 'invalidParameters', 0, 0],
    ['that the caller cancelled', 'cancelled', 0, 0],
  ])('%s is evidence against the right one', (_, failure, tool, server) => {
    for (const report of ['a permit', 'recordFailure']) {
      const { registry, permit, failures } = setUp();
      if (report === 'a permit') permit().failure(failure);
      else registry.recordFailure('search', failure);
      expect([failures('search'), failures('server')], report).toEqual([tool, server]);
    }
  });

  it('that was answered proves that the server is up, even if the arguments were bad', () => {
    for (const failure of [answer(400), answer(404), { code: -32_602, message: 'bad arguments' }]) {
      const { registry, permit, failures } = setUp();
      registry.recordFailure('fetch', 'network');
      registry.recordFailure('fetch', 'network');
      permit().failure(failure);
      expect([failures('search'), failures('server')]).toEqual([0, 0]);
    }
  });

  it('that may or may not have reached the server says nothing about it', () => {
    const { registry, permit, failures } = setUp();
    registry.recordFailure('fetch', 'network');
    permit().failure(new Error('boom'));
    expect([failures('search'), failures('server')]).toEqual([1, 1]);
  });

  it('that the caller reports as answered is the tool’s own, whatever its category', () => {
    const { registry, permit, failures } = setUp();
    registry.recordFailure('fetch', 'network');
    permit().failure('timeout', { roundTrip: true });
    expect([failures('search'), failures('server')]).toEqual([1, 0]);
  });

  it('whose returned value is a failure was answered', async () => {
    const { registry, failures } = setUp();
    registry.recordFailure('fetch', 'network');
    await registry.execute('search', async () => ({ isError: true }), { isFailure: () => 'timeout' });
    expect([failures('search'), failures('server')]).toEqual([1, 0]);
  });

  it('never trips the server for bad arguments, however many', () => {
    const { registry, failures } = setUp();
    for (let i = 0; i < 300; i++) registry.recordFailure('search', 'invalidParameters');
    for (let i = 0; i < 300; i++) registry.recordFailure('fetch', answer(422));
    expect([registry.state('server'), failures('server')]).toEqual(['closed', 0]);
    expect(registry.allowRequest('fetch')).toBe(true);
  });

  it('of a broken tool does not affect the other tools of its server', () => {
    const { registry } = setUp();
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'executionError');
    expect([registry.state('search'), registry.state('server')]).toEqual(['open', 'closed']);
    expect(registry.availableTools(['search', 'fetch'])).toEqual(['fetch']);
  });
});

describe('a call of a tool that has an upstream', () => {
  it('that succeeds is a success for both', () => {
    const { registry, permit, failures } = setUp();
    registry.recordFailure('search', 'executionError');
    registry.recordFailure('search', 'network');
    expect([failures('search'), failures('server')]).toEqual([1, 1]);
    permit().success();
    expect([failures('search'), failures('server')]).toEqual([0, 0]);
  });

  it('needs permission from both', () => {
    const { registry, breakServer } = setUp();
    expect(registry.allowRequest('fetch')).toBe(true);
    breakServer();
    expect(registry.state('search')).toBe('closed');
    expect([registry.allowRequest('search'), registry.allowRequest('fetch')]).toEqual([false, false]);
    expect(registry.availableTools(['search', 'fetch', 'other'])).toEqual(['other']);
    expect(registry.openCircuits()).toEqual(['server']);
  });

  it('needs permission from both each time, also without options', async () => {
    const { registry, breakServer } = setUp();
    for (let made = 0; made < 3; made++) await registry.execute('fetch', () => 1);
    breakServer();
    await expect(registry.execute('fetch', () => 1)).rejects.toMatchObject({ reason: 'upstream' });
    registry.tool('server').send({ type: 'CLOSE' });
    expect(await registry.execute('fetch', () => 1)).toBe(1);
    expect(registry.diagnostics('server').successes).toBe(4);
  });

  it('that fails without an answer is evidence against the server, also where a function made it', async () => {
    const { registry, failures } = setUp();
    const fail = () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
    await registry.execute('search', fail).catch(() => {});
    expect([failures('search'), failures('server')]).toEqual([0, 1]);
  });

  it('that was answered with what does not count proves that the server is up, also without a permit', () => {
    const { registry, failures } = setUp();
    registry.recordFailure('fetch', 'network');
    registry.recordFailure('search', { message: 'no canvas', counts: false });
    expect([failures('search'), failures('server')]).toEqual([0, 0]);
    expect(registry.diagnostics('search')).toMatchObject({ answered: 1, calls: 0 });
  });

  it('is not measured after a very quick one, as that of any tool', () => {
    const { registry, permit } = setUp();
    for (let made = 0; made < 3; made++) permit().success();
    expect(registry.diagnostics('search')).toMatchObject({ calls: 3, latency: { calls: 1 } });
  });

  it('needs permission from both even if the tool was never used', () => {
    const { registry, breakServer } = setUp();
    breakServer();
    expect(registry.allowRequest('fetch')).toBe(false);
    expect(registry.tryAcquire('fetch').admitted).toBe(false);
  });

  it('is refused in words that a model can act on: they blame the server, not the tool', async () => {
    const { clock, registry, denial, breakServer } = setUp();
    breakServer();
    registry.recordFailure('search', new Error('read ECONNRESET'));
    clock.advance(250);
    expect(denial()).toEqual({
      admitted: false,
      tool: 'search',
      key: null,
      reason: 'upstream',
      kind: 'unreachable',
      upstream: 'server',
      retryAfterMs: 750,
      retryAt: clock.wallNow() + 750,
      probing: false,
      lastErrorCategory: 'network',
      lastError: 'read ECONNRESET',
      alternatives: ['grep'],
    });
    await expect(registry.execute('search', () => 1)).rejects.toMatchObject({
      reason: 'upstream',
      message:
        'The call did not run. The tool "search" is unavailable: "server", which it depends on, could not be ' +
        'reached or did not answer in its most recent calls (network error). Do not call it again within the next ' +
        '1 s; such a call would not run either. Instead, you can use: grep.',
    });
  });

  it('that the server’s circuit refuses counts once in the total, and once for each of the two', () => {
    const { registry, denial, breakServer } = setUp();
    breakServer();
    denial();
    expect(registry.metrics().breakerDenials).toBe(1);
    expect(registry.metrics().tools).toMatchObject([
      { tool: 'search', denials: 1 },
      { tool: 'server', denials: 1 },
    ]);
    expect(registry.diagnostics('search').deniedRequests).toBe(1);
  });

  it('is timed if the upstream’s strategy needs durations, even if the tool’s does not', () => {
    const { clock, registry, permit } = setUp({
      circuit: { minBackoffMs: 1_000 },
      tools: {
        search: { upstream: 'server' },
        server: { trip: countWindow({ size: 1, slowCallMs: 200 }) },
      },
    });
    // After a call this quick, the tool's own statistics skip a while of timing.
    permit().success();
    const slow = permit();
    clock.advance(201);
    slow.success();
    expect([registry.state('search'), registry.state('server')]).toEqual(['closed', 'open']);
  });

  it('that is late moves neither', () => {
    const { registry, permit, breakServer } = setUp();
    const late = permit('fetch');
    breakServer();
    for (let i = 0; i < 3; i++) registry.recordFailure('fetch', 'executionError');
    const before = ['fetch', 'server'].map((tool) => registry.remainingBackoffMs(tool));
    late.success();
    expect(['fetch', 'server'].map((tool) => registry.state(tool))).toEqual(['open', 'open']);
    expect(['fetch', 'server'].map((tool) => registry.remainingBackoffMs(tool))).toEqual(before);
  });
});

describe('a half-open upstream with one probe slot', () => {
  const halfOpen = (): ReturnType<typeof setUp> => {
    const made = setUp();
    made.breakServer();
    made.clock.advance(1_000);
    expect(made.registry.state('server')).toBe('halfOpen');
    return made;
  };

  it('makes no probes of calls once it is closed', () => {
    const { permit } = halfOpen();
    permit('fetch').success();
    expect(permit('fetch').probe).toBe(false);
  });

  it('admits one call of any of its tools, and it is a probe', () => {
    const { permit, denial } = halfOpen();
    expect(permit('fetch').probe).toBe(true);
    expect(denial('search')).toMatchObject({ reason: 'upstream', probing: true });
    expect(denial('fetch')).toMatchObject({ reason: 'upstream' });
  });

  it('closes when that call succeeds', () => {
    const { registry, permit } = halfOpen();
    permit('fetch').success();
    expect(registry.state('server')).toBe('closed');
    permit('search');
  });

  it('opens again when that call does not get through', () => {
    const { registry, permit } = halfOpen();
    permit('fetch').failure('timeout');
    expect(registry.diagnostics('server')).toMatchObject({ status: 'open', currentBackoffMs: 2_000 });
  });

  it.each<[string, (permit: Permit) => void]>([
    ['is released', (permit) => permit.release()],
    ['says nothing about the server', (permit) => permit.failure(new Error('boom'))],
    ['has bad arguments', (permit) => permit.failure('invalidParameters')],
    ['is cancelled', (permit) => permit.failure('cancelled')],
  ])('has its slot free again when that call %s', (_, end) => {
    const { registry, permit } = halfOpen();
    const one = permit('fetch');
    end(one);
    end(one);
    expect(registry.diagnostics('server')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
    permit('search');
  });

  it('keeps its slot when a call that was made before says nothing about it', () => {
    const made = setUp();
    const early = made.permit('search');
    made.breakServer();
    made.clock.advance(1_000);
    made.permit('fetch');
    early.failure(new Error('boom'));
    expect(made.registry.diagnostics('server').probesInFlight).toBe(1);
  });

  it('closes when that call is released as answered, which says nothing about the tool', () => {
    const { registry, permit } = halfOpen();
    permit('fetch').release({ roundTrip: true });
    expect(registry.state('server')).toBe('closed');
    const calls = Object.fromEntries(registry.metrics().tools.map(({ tool, calls }) => [tool, calls]));
    expect(calls.fetch).toBe(0);
  });

  it('has its slot free again when the tool itself refuses the call', () => {
    const { registry, denial, permit } = halfOpen();
    registry.isolate('search');
    expect(denial('search')).toMatchObject({ reason: 'isolated', upstream: null });
    expect(registry.allowRequest('search')).toBe(false);
    expect(registry.diagnostics('server').probesInFlight).toBe(0);
    permit('fetch');
  });

  it('spends no slot of the tool on a call that it refuses itself', () => {
    const { clock, registry, permit, denial } = halfOpen();
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'executionError');
    clock.advance(1_000);
    expect(registry.state('search')).toBe('halfOpen');
    const probe = permit('fetch');
    expect(denial('search').reason).toBe('upstream');
    expect(registry.diagnostics('search').probesInFlight).toBe(0);
    probe.release();
    expect(permit('search').probe).toBe(true);
    expect(registry.diagnostics('search').probesInFlight).toBe(1);
    expect(registry.diagnostics('server').probesInFlight).toBe(1);
  });

  it('reclaims the slot of a hung call, and the tool’s slot with it', () => {
    const { clock, registry, permit } = halfOpen();
    permit('fetch');
    clock.advance(10_000);
    expect(registry.diagnostics('server').probesInFlight).toBe(0);
    permit('search');
  });

  it('leaks no slot to calls that are made and recorded without a permit', () => {
    const { registry } = halfOpen();
    expect(registry.allowRequest('fetch')).toBe(true);
    expect(registry.allowRequest('search')).toBe(false);
    registry.recordFailure('fetch', 'invalidParameters');
    expect(registry.diagnostics('server').probesInFlight).toBe(0);
    expect(registry.allowRequest('search')).toBe(true);
    registry.recordSuccess('search');
    expect(registry.state('server')).toBe('closed');
  });
});

describe('availableTools', () => {
  it('does not list upstreams, which cannot be called', () => {
    const { registry, permit } = setUp();
    permit('search');
    permit('fetch');
    expect(registry.availableTools()).toEqual(['search', 'fetch']);
  });

  it('does not list an upstream that was used before its tools, by an operator or by a restart', () => {
    const { clock, registry, permit } = setUp();
    registry.disable('server');
    expect(registry.availableTools()).toEqual([]);
    permit('search');
    const restored = setUp({
      clock,
      tools: { search: { upstream: 'server' } },
      restore: registry.persist(),
    }).registry;
    expect(restored.availableTools()).toEqual(['search']);
  });

  it('leaves out the tools of a half-open upstream if half-open tools are not wanted', () => {
    const { clock, registry, breakServer } = setUp();
    breakServer();
    clock.advance(1_000);
    expect(registry.availableTools(['search', 'other'])).toEqual(['search', 'other']);
    expect(registry.availableTools(['search', 'other'], { halfOpen: false })).toEqual(['other']);
  });
});

describe('an upstream that is named with a call', () => {
  it('is asked for permission and gets the result, for that call only', async () => {
    const { registry, failures } = setUp();
    const leave = registry.tryAcquire('grep', { upstream: 'disk' });
    if (leave.admitted) leave.failure('network');
    expect([failures('grep'), failures('disk')]).toEqual([0, 1]);
    expect(registry.diagnostics('grep').upstream).toBe('disk');
    await registry.execute('grep', () => Promise.reject(new Error('read ECONNRESET'))).catch(() => {});
    expect([failures('grep'), failures('disk')]).toEqual([1, 1]);
  });

  it('refuses every call that was named with it, and no other', async () => {
    const { registry } = setUp();
    await registry.execute('grep', () => 1, { upstream: 'disk' });
    registry.isolate('disk');
    await expect(registry.execute('find', () => 1, { upstream: 'disk' })).rejects.toMatchObject({
      reason: 'upstream',
      kind: 'withheld',
    });
    expect(registry.allowRequest('grep')).toBe(true);
    expect(registry.tryAcquire('grep', { upstream: 'disk' }).admitted).toBe(false);
  });

  it('overrides the one in the settings, for that call', () => {
    const { registry, failures } = setUp();
    const permit = registry.tryAcquire('search', { upstream: 'disk' });
    if (permit.admitted) permit.failure('network');
    registry.recordFailure('search', 'network');
    expect([failures('disk'), failures('server')]).toEqual([1, 1]);
  });

  it.each([['grep'], [5], [null], ['']])('cannot be %j of "grep"', async (upstream) => {
    const { registry } = setUp();
    const ask = () => registry.tryAcquire('grep', { upstream: upstream as string });
    if (upstream === '') {
      expect(ask().admitted).toBe(true);
      return;
    }
    expect(ask).toThrow(/^upstream must be the name of a circuit other than "grep", got /);
    await expect(registry.execute('grep', () => 1, { upstream: upstream as string })).rejects.toThrow(
      RangeError,
    );
  });
});

describe('an upstream in the settings', () => {
  it('must be another circuit, and have no upstream itself', () => {
    const made = (tools: ToolRegistryOptions['tools']) => () =>
      createToolRegistry({ ...(tools && { tools }) });
    expect(made({ a: { upstream: 'a' } })).toThrow('tools["a"].upstream must be another circuit, got "a"');
    expect(made({ a: { upstream: 'b' }, b: { upstream: 'c' } })).toThrow(
      'tools["a"].upstream must be a circuit that has no upstream itself, got "b"',
    );
    expect(made({ a: { upstream: 5 as never } })).toThrow(
      'tools["a"].upstream must be the name of a tool, got 5',
    );
  });

  it('is shown for a tool that was never used', () => {
    expect(setUp().registry.diagnostics('search').upstream).toBe('server');
  });
});

describe('a tool with an upstream in a registry that has stopped', () => {
  it('is refused, and nothing is counted', () => {
    const { registry, breakServer } = setUp();
    breakServer();
    registry.stop();
    const before = registry.metrics();
    for (const tool of ['search', 'fetch', 'unknown']) {
      expect(registry.allowRequest(tool)).toBe(false);
      expect(() => registry.tryAcquire(tool)).toThrow(RegistryStoppedError);
    }
    expect(registry.metrics()).toEqual(before);
  });

  it('is told no result of a call that outlives it, whoever sees its end', () => {
    const { registry, permit } = setUp();
    registry.intercept({ ended: () => {} });
    const [tools, servers] = [permit(), permit()];
    registry.stop();
    tools.failure('executionError');
    servers.failure('network');
    for (const tool of ['search', 'server']) {
      expect(registry.diagnostics(tool)).toMatchObject({ calls: 0, failureCount: 0 });
    }
  });
});
