import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GuardedEvent, HookAnswer } from '../../../../src/claude-agent/hook-types.ts';
import { answerHook } from '../../../../src/cli/hook/answer-hook.ts';
import { readHookOptions } from '../../../../src/cli/hook/hook-options.ts';
import { hookSettings } from '../../../../src/cli/hook/hook-settings.ts';

let folder: string;
let state: string;
beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'toolfuse-hook-'));
  state = join(folder, 'deep', 'hook.json');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

/** One event, as Claude Code gives it to a process of its own: nothing but the file is left of the one before. */
const fire = (event: GuardedEvent, input: object, ...flags: string[]): Promise<HookAnswer> =>
  answerHook(
    { hook_event_name: event, ...input },
    readHookOptions(['--state', state, '--failure-threshold', '1', '--min-backoff', '5000', ...flags], {}),
  );

let ids = 0;
const call = (tool_name: string, more: object = {}) => ({
  tool_name,
  tool_use_id: `toolu_${++ids}`,
  ...more,
});
const search = 'mcp__srv__search';

async function fail(tool: string, error: string, more: object = {}, ...flags: string[]): Promise<void> {
  const input = call(tool, more);
  expect(await fire('PreToolUse', input, ...flags)).toEqual({});
  await fire('PostToolUseFailure', { ...input, error }, ...flags);
}

const denied = (reason: RegExp) => ({
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: 'deny',
    permissionDecisionReason: expect.stringMatching(reason),
  },
});

interface Kept {
  registry: { circuits: { tool: string; state: string; failureCount: number }[] } | null;
  calls: object;
}
const kept = (): Kept => JSON.parse(readFileSync(state, 'utf8'));
const states = (): Record<string, string> =>
  Object.fromEntries((kept().registry?.circuits ?? []).map((each) => [each.tool, each.state]));

describe('a tool of which each call is guarded by processes of their own', () => {
  it('is denied after it failed too often, and tried again after the backoff', async () => {
    const thrice = ['--failure-threshold', '3'];
    for (let time = 0; time < 3; time++) await fail(search, 'the tool broke', {}, ...thrice);
    expect(await fire('PreToolUse', call(search), ...thrice)).toEqual(
      denied(/^The call did not run\. The tool "mcp__srv__search"/),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    const again = call(search);
    expect(await fire('PreToolUse', again, ...thrice)).toEqual({});
    await fire('PostToolUse', again, ...thrice);
    expect(states()).toEqual({});
    expect(await fire('PreToolUse', call(search), ...thrice)).toEqual({});
  });

  it('leaves nothing behind while it is healthy, and gets no decision: the permissions of the user rule', async () => {
    const input = call(search);
    expect(await fire('PreToolUse', input)).toStrictEqual({});
    expect(await fire('PostToolUse', input)).toStrictEqual({});
    expect(await fire('PostToolBatch', { tool_calls: [input] })).toStrictEqual({});
    expect(existsSync(state)).toBe(false);
  });

  it('has its count of failures set back by a success', async () => {
    const twice = ['--failure-threshold', '2'];
    await fail(search, 'the tool broke', {}, ...twice);
    const good = call(search);
    await fire('PreToolUse', good, ...twice);
    await fire('PostToolUse', good, ...twice);
    await fail(search, 'the tool broke', {}, ...twice);
    expect(await fire('PreToolUse', call(search), ...twice)).toEqual({});
  });

  it('is probed by one call at a time, whose place is free again where its user interrupts it', async () => {
    await fail('WebFetch', 'status code 503');
    await vi.advanceTimersByTimeAsync(5_000);
    const probe = call('WebFetch');
    expect(await fire('PreToolUse', probe)).toEqual({});
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual(denied(/testing it now/));
    await fire('PostToolUseFailure', { ...probe, error: 'interrupted', is_interrupt: true });
    expect(states()).toEqual({ WebFetch: 'halfOpen' });
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
  });

  it('gives the place of a probe to another where Claude Code never says how it ended', async () => {
    await fail('WebFetch', 'status code 503');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual(denied(/testing it now/));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
  });

  it.each(['PermissionDenied', 'PostToolBatch'] as const)('gives it back at %s', async (event) => {
    await fail('WebFetch', 'status code 503');
    await vi.advanceTimersByTimeAsync(5_000);
    const probe = call('WebFetch');
    await fire('PreToolUse', probe);
    await fire(event, event === 'PostToolBatch' ? { tool_calls: [probe] } : probe);
    expect(kept().calls).toEqual({});
    expect(await fire('PreToolUse', call('WebFetch'))).toEqual({});
  });

  it('is not to blame where the model gave it bad arguments', async () => {
    await fail(search, 'MCP error -32602: Input validation error: Invalid arguments for tool search');
    expect(await fire('PreToolUse', call(search))).toEqual({});
  });

  it('stays open where a call that began before it opened ends well', async () => {
    const [failing, slow] = [call(search), call(search)];
    for (const each of [failing, slow]) expect(await fire('PreToolUse', each)).toEqual({});
    await fire('PostToolUseFailure', { ...failing, error: 'the tool broke' });
    await fire('PostToolUse', slow);
    expect(states()).toEqual({ [search]: 'open' });
  });

  it('takes the other tools of its server along where the server is dead, and no others', async () => {
    const srv = { mcp_server: { name: 'srv', source: 'plugin' } };
    await fail(search, 'connect ECONNREFUSED 127.0.0.1:9', srv);
    expect(await fire('PreToolUse', call('mcp__srv__other', srv))).toEqual(denied(/"srv"/));
    expect(await fire('PreToolUse', call('mcp__else__other'))).toEqual({});
  });
});

describe('tools of this machine', () => {
  it('are left alone: they fail by what the model asks of them', async () => {
    for (const tool of ['Bash', 'Read', 'Edit']) {
      await fail(tool, 'Exit code 3');
      expect(await fire('PreToolUse', call(tool))).toEqual({});
    }
    expect(existsSync(state)).toBe(false);
  });

  it('are guarded where they are named', async () => {
    await fail('Bash', 'connect ECONNREFUSED', {}, '--match', 'Bash');
    expect(await fire('PreToolUse', call('Bash'), '--match', 'Bash')).toEqual(denied(/"Bash"/));
  });
});

describe('a pause', () => {
  const batch = { tool_calls: [] };
  async function allDown(...flags: string[]): Promise<void> {
    for (const tool of ['mcp__a__x', 'mcp__b__x', 'mcp__c__x'])
      await fail(tool, 'the tool broke', {}, ...flags);
  }

  it('stops the run once: a user who goes on has heard of it', async () => {
    await allDown();
    expect(await fire('PostToolBatch', batch)).toEqual({
      continue: false,
      stopReason: expect.stringContaining('mcp__a__x'),
    });
    expect(await fire('PostToolBatch', batch)).toEqual({});
  });

  it('does not stop it where that is not wanted', async () => {
    await allDown();
    expect(await fire('PostToolBatch', batch, '--on-pause', 'ignore')).toEqual({});
  });
});

describe('the file of the hooks', () => {
  it('can be read by its user only', async () => {
    await fail(search, 'the tool broke');
    expect(statSync(state).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another format', '{"format":"toolfuse","version":1}'],
    [
      'circuits that are none',
      '{"format":"toolfuse-hook","version":1,"registry":{"circuits":[5]},"calls":{}}',
    ],
    [
      'a circuit that makes no sense',
      '{"format":"toolfuse-hook","version":1,"registry":{"circuits":[{"tool":"mcp__srv__search","state":"odd"}]},"calls":{}}',
    ],
    ['calls that are none', '{"format":"toolfuse-hook","version":1,"registry":null,"calls":{"a":1}}'],
  ])('stops no call where it holds %s, and is written anew', async (_, text) => {
    await fail(search, 'the tool broke');
    writeFileSync(state, text);
    expect(await fire('PreToolUse', call(search))).toEqual({});
    await fire('PostToolUseFailure', { ...call(search), error: 'the tool broke' });
    expect(states()).toEqual({ [search]: 'open' });
  });

  it('is not read where it is a giant', async () => {
    await fail(search, 'the tool broke');
    truncateSync(state, 2 ** 33);
    expect(await fire('PreToolUse', call(search))).toEqual({});
  });

  it('forgets circuits that are as good as new', async () => {
    for (const tool of ['mcp__a__x', 'mcp__b__x']) await fail(tool, 'the tool broke');
    await vi.advanceTimersByTimeAsync(5_000);
    const probe = call('mcp__a__x');
    await fire('PreToolUse', probe);
    await fire('PostToolUse', probe);
    expect(Object.keys(states())).toEqual(['mcp__b__x']);
  });
});

describe('the options of a hook', () => {
  it.each([
    [['--failure-threshold', '0'], '--failure-threshold must be a positive integer, got "0"'],
    [['--on-pause', 'wait'], '--on-pause must be one of stop, ignore, got "wait"'],
    [['--match', '('], '--match must be a regular expression, got "("'],
    [['--min-backoff', '9', '--max-backoff', '5'], '--min-backoff must be at most --max-backoff (5), got 9'],
    [['--state', ' '], '--state must be a non-empty string'],
    [['--stat', 'x'], "Unknown option '--stat'"],
  ])('are refused by name: %j', (args, expected) => {
    expect(() => readHookOptions(args, {})).toThrow(expected);
  });

  it('have a file of the user without --state', () => {
    expect(readHookOptions([], { XDG_STATE_HOME: '/s' }).state).toBe(
      join('/s', 'toolfuse', 'claude-code.json'),
    );
  });

  it('become the hooks of the settings', () => {
    const { hooks } = hookSettings(
      ['/usr/bin/node', "/a b/it's.js"],
      ['--settings', '--state', '/s'],
      'mcp__.*',
    );
    expect(Object.keys(hooks)).toEqual([
      'PreToolUse',
      'PostToolUse',
      'PostToolUseFailure',
      'PermissionDenied',
      'PostToolBatch',
    ]);
    const command = `/usr/bin/node '/a b/it'\\''s.js' hook --state /s`;
    expect(hooks.PreToolUse).toEqual([
      { matcher: 'mcp__.*', hooks: [{ type: 'command', command, timeout: 10 }] },
    ]);
    expect(hooks.PostToolBatch).toEqual([{ hooks: [{ type: 'command', command, timeout: 10 }] }]);
  });
});
