import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../../../dist/cli/index.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-hook-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

async function hook(input: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, 'hook', ...args], { stdio: 'pipe' });
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complained += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, said, complained };
}

const event = (name: string, id: string, more: object = {}): string =>
  JSON.stringify({ hook_event_name: name, tool_name: 'mcp__srv__search', tool_use_id: id, ...more });

describe('toolfuse hook', () => {
  it('counts calls that fail at the same time, each in a process of its own', async () => {
    const flags = ['--state', join(folder, 'state.json'), '--failure-threshold', '4'];
    const failures = ['1', '2', '3', '4'].map((id) =>
      hook(event('PostToolUseFailure', id, { error: 'the tool broke' }), ...flags),
    );
    for (const ended of await Promise.all(failures))
      expect(ended).toEqual({ code: 0, said: '', complained: '' });
    const { code, said } = await hook(event('PreToolUse', '5'), ...flags);
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({
      hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny' },
    });
  });

  it('never forbids a call because something is wrong with it: an exit code of 2 would', async () => {
    const [broken, unknown, unwritable] = await Promise.all([
      hook('no JSON'),
      hook('{}', '--unknown'),
      hook(event('PostToolUseFailure', '1', { error: 'x' }), '--state', '/proc/no/such/file'),
    ]);
    expect([broken.code, unknown.code, unwritable.code]).toEqual([1, 1, 1]);
    expect(unknown.complained).toContain("toolfuse hook: Unknown option '--unknown'");
    for (const { said } of [broken, unknown, unwritable]) expect(said).toBe('');
  });

  it('prints the hooks for the settings of Claude Code, with its options', async () => {
    const { said } = await hook('', '--settings', '--state', '/some where/state.json');
    const { hooks } = JSON.parse(said) as { hooks: Record<string, { hooks: { command: string }[] }[]> };
    const command = hooks.PreToolUse?.[0]?.hooks[0]?.command ?? '';
    expect(command).toContain(program);
    expect(command.endsWith(` hook --state '/some where/state.json'`)).toBe(true);
  });
});
