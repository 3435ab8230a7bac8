import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type GuardedEvent, type HookAnswer, type ToolfuseHooks, toolfuseHooks } from 'toolfuse/claude-agent';
import { TestClock } from 'toolfuse/testing';
import { beforeEach, describe, expect, it } from 'vitest';

let registry: ToolRegistry;
let clock: TestClock;
let hooks: ToolfuseHooks;

function setUp(options: Parameters<typeof createToolRegistry>[0] = {}): void {
  clock = new TestClock();
  registry = createToolRegistry({ clock, circuit: { failureThreshold: 1 }, ...options });
  hooks = toolfuseHooks({ registry });
}
beforeEach(() => setUp());

/** Fires an event as the SDK does: every hook of it gets the input. */
async function fire(event: GuardedEvent, input: object): Promise<HookAnswer> {
  const answers = hooks[event].flatMap((matcher) => matcher.hooks.map((hook) => hook(input)));
  return (await Promise.all(answers)).at(-1) ?? {};
}

let ids = 0;
const call = (tool_name: string, more: object = {}) => ({
  tool_name,
  tool_use_id: `toolu_${++ids}`,
  ...more,
});

/** A call that is let through and fails. */
async function fail(tool: string, error: string, more: object = {}): Promise<void> {
  const input = call(tool, more);
  expect(await fire('PreToolUse', input)).toEqual({});
  await fire('PostToolUseFailure', { ...input, error });
}

const search = 'mcp__srv__search';

const denied = (reason: RegExp) => ({
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: 'deny',
    permissionDecisionReason: expect.stringMatching(reason),
  },
});

describe('the tool of an MCP server', () => {
  it('is refused after it failed too often, and tried again after the backoff', async () => {
    setUp({ circuit: { failureThreshold: 3 } });
    for (let i = 0; i < 3; i++) await fail(search, 'connect ECONNREFUSED 127.0.0.1:9');
    expect(await fire('PreToolUse', call(search))).toEqual(
      denied(/^The call did not run\. The tool "mcp__srv__search"/),
    );
    clock.advance(5_000);
    const again = call(search);
    expect(await fire('PreToolUse', again)).toEqual({});
    await fire('PostToolUse', again);
    expect(registry.openCircuits()).toEqual([]);
    expect(registry.metrics().successes).toBeGreaterThan(0);
  });

  it('gets no decision while it may be called, so that the permissions of the user rule', async () => {
    expect(await fire('PreToolUse', call(search))).toStrictEqual({});
  });

  it('frees the place of a probe that the user interrupted', async () => {
    await fail('WebFetch', 'status code 503');
    clock.advance(5_000);
    const probe = call('WebFetch');
    expect(await fire('PreToolUse', probe)).toEqual({});
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual(denied(/testing it now/));
    await fire('PostToolUseFailure', { ...probe, error: 'interrupted', is_interrupt: true });
    expect(registry.state('WebFetch')).toBe('halfOpen');
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
  });

  it('is not to blame where the user forbids a call', async () => {
    const input = call(search);
    await fire('PreToolUse', input);
    await fire('PermissionDenied', { ...input, reason: 'no' });
    expect(registry.metrics().failures).toEqual({});
    expect(registry.state(search)).toBe('closed');
  });

  it('is not to blame for bad input', async () => {
    await fail(search, 'MCP error -32602: Input validation error: Invalid arguments for tool search');
    expect(registry.openCircuits()).toEqual([]);
    expect(registry.metrics().failures).toEqual({ invalidParameters: 1 });
  });

  it('counts a success that comes after its circuit opened as late', async () => {
    const [a, b] = [call('WebSearch'), call('WebSearch')];
    await Promise.all([fire('PreToolUse', a), fire('PreToolUse', b)]);
    await fire('PostToolUseFailure', { ...a, error: 'boom' });
    await fire('PostToolUse', b);
    expect(registry.state('WebSearch')).toBe('open');
    expect(registry.diagnostics('WebSearch').lateResults).toBe(1);
  });

  it.each([[{}], [{ mcp_server: { name: 'srv', source: 'project' } }]])(
    'depends on its server, whose other tools are refused as well: %j',
    async (more) => {
      setUp({ circuit: { failureThreshold: 3 } });
      for (let i = 0; i < 3; i++) await fail(search, 'connect ECONNREFUSED', more);
      expect(await fire('PreToolUse', call('mcp__srv__read', more))).toEqual(
        denied(/"srv", which it depends on/),
      );
      expect(await fire('PreToolUse', call('mcp__other__read'))).toEqual({});
      expect(registry.openCircuits()).toEqual(['srv']);
    },
  );

  it('depends on the server that the SDK names, whatever its own name says', async () => {
    await fail('mcp__a_b__c__d', 'connect ECONNREFUSED', { mcp_server: { name: 'a_b__c', source: 'user' } });
    expect(registry.openCircuits()).toEqual(['a_b__c']);
  });
});

describe('local tools', () => {
  it.each(['Bash', 'Read', 'Edit', 'my_mcp__tool'])('%s is never refused', async (tool) => {
    for (let i = 0; i < 10; i++) await fail(tool, 'Exit code 3');
    expect(registry.metrics().calls).toBe(0);
  });

  it('are guarded where the pattern says so', async () => {
    hooks = toolfuseHooks({ registry, match: 'Bash|Read' });
    await fail('Bash', 'Exit code 3');
    expect(await fire('PreToolUse', call('Bash'))).toEqual(denied(/"Bash"/));
    expect(await fire('PreToolUse', call('BashOutput'))).toEqual({});
  });
});

describe('a pause', () => {
  beforeEach(() => setUp({ circuit: { failureThreshold: 1 }, recovery: { maxOpenCircuits: 1 } }));
  const batch = { tool_calls: [] };

  it('ends the run after the turn, with the reason, until it is acknowledged', async () => {
    expect(await fire('PostToolBatch', batch)).toEqual({});
    await fail(search, 'boom');
    expect(await fire('PostToolBatch', batch)).toEqual({
      continue: false,
      stopReason: registry.recovery().reason,
    });
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    expect(await fire('PostToolBatch', batch)).toEqual({});
  });

  it('ends no run with onPause ignore', async () => {
    hooks = toolfuseHooks({ registry, onPause: 'ignore' });
    await fail(search, 'boom');
    expect(await fire('PostToolBatch', batch)).toEqual({});
  });
});

describe('calls whose end is never told', () => {
  it('give back the place of a probe with the end of their turn', async () => {
    await fail('WebFetch', 'boom');
    clock.advance(5_000);
    const lost = call('WebFetch');
    await fire('PreToolUse', lost);
    await fire('PostToolBatch', { tool_calls: [{ ...lost, tool_response: 'x' }] });
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
  });

  it('are forgotten, the oldest first, so that memory is bounded', async () => {
    const first = call('WebFetch');
    await fire('PreToolUse', first);
    for (let i = 0; i < 1_000; i++) await fire('PreToolUse', call('WebFetch'));
    await fire('PostToolUseFailure', { ...first, error: 'boom' });
    expect(registry.state('WebFetch')).toBe('closed');
  });

  it('are one call however often they are announced', async () => {
    await fail('WebFetch', 'boom');
    clock.advance(5_000);
    const probe = call('WebFetch');
    await fire('PreToolUse', probe);
    await fire('PostToolUse', probe);
    await fire('PostToolUse', probe);
    expect(registry.metrics().successes).toBe(1);
  });
});

describe('your own hooks', () => {
  it('stay the same objects, first in the list, and their record is not changed', () => {
    const mine = { matcher: 'Bash', hooks: [async () => ({})] };
    const given = Object.freeze({ PreToolUse: Object.freeze([mine]), Stop: [mine] });
    const all = toolfuseHooks({ registry, hooks: given });
    expect(all.PreToolUse).toHaveLength(2);
    expect(all.PreToolUse[0]).toBe(mine);
    expect(all.Stop).toBe(given.Stop);
    expect(given.PreToolUse).toHaveLength(1);
  });
});

describe('the input of a call', () => {
  it('chooses the circuit of a tool that has one for each of its targets', async () => {
    setUp({
      circuit: { failureThreshold: 1 },
      tools: { WebFetch: { key: (input) => (input as { url: string }).url } },
    });
    await fail('WebFetch', 'boom', { tool_input: { url: 'a' } });
    expect(await fire('PreToolUse', call('WebFetch', { tool_input: { url: 'a' } }))).toEqual(
      denied(/WebFetch/),
    );
    expect(await fire('PreToolUse', call('WebFetch', { tool_input: { url: 'b' } }))).toEqual({});
  });
});

describe('the options', () => {
  it('name circuits and upstreams', async () => {
    hooks = toolfuseHooks({
      registry,
      toolName: (tool) => tool.replace(/^mcp__/, ''),
      upstream: () => undefined,
    });
    await fail(search, 'connect ECONNREFUSED');
    expect(registry.openCircuits()).toEqual(['srv__search']);
  });

  it.each([
    [{}, 'toolfuseHooks.registry must be a registry made by createToolRegistry, got undefined'],
    [{ match: '(' }, 'toolfuseHooks.match must be a regular expression, as a string, got "("'],
    [{ onPause: 'end' }, 'toolfuseHooks.onPause must be one of stop, ignore, got "end"'],
    [{ matcher: 'x' }, /^toolfuseHooks\.matcher is not a setting/],
  ])('are refused where they are wrong: %j', (options, message) => {
    const given = Object.keys(options).length === 0 ? options : { registry, ...options };
    expect(() => toolfuseHooks(given as never)).toThrow(message);
  });
});

describe('a session that repeats itself', () => {
  const input = { tool_input: { q: 'x' }, session_id: 'one' };
  const response = { content: [{ type: 'text', text: 'nothing found' }] };

  async function succeed(more: object = {}): Promise<HookAnswer> {
    const made = call(search, { ...input, ...more });
    expect(await fire('PreToolUse', made)).toEqual({});
    return fire('PostToolUse', { ...made, tool_response: response });
  }
  const told = (hookEventName: string) => ({
    hookSpecificOutput: {
      hookEventName,
      additionalContext: expect.stringMatching(/^You are repeating yourself\. /),
    },
  });

  beforeEach(() => setUp({ loops: true, circuit: { failureThreshold: 10 } }));

  it('is told so beside the answer, and then refused', async () => {
    expect([await succeed(), await succeed()]).toEqual([{}, {}]);
    expect([await succeed(), await succeed(), await succeed()]).toEqual([
      told('PostToolUse'),
      told('PostToolUse'),
      told('PostToolUse'),
    ]);
    expect(await fire('PreToolUse', call(search, input))).toEqual(denied(/^The call did not run\. /));
  });

  it('is told so beside an error', async () => {
    const fails = async () => {
      const made = call(search, input);
      await fire('PreToolUse', made);
      return fire('PostToolUseFailure', { ...made, error: 'no such branch' });
    };
    expect([await fails(), await fails(), await fails()]).toEqual([{}, {}, told('PostToolUseFailure')]);
  });

  it('does not count the calls of another session, nor those of its subagents', async () => {
    const answers = [];
    for (const more of [{}, {}, { session_id: 'two' }, { agent_id: 'a' }]) answers.push(await succeed(more));
    expect(answers).toEqual([{}, {}, {}, {}]);
  });
});
