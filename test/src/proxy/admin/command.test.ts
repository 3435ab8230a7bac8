import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FaultServer } from '../support/fault-server.ts';
import { RawClient } from '../support/raw-client.ts';

const command = fileURLToPath(new URL('../../../../dist/cli/index.js', import.meta.url));

const setUp = async (env: Record<string, string> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-admin-'));
  const server = new FaultServer();
  const record = join(folder, 'calls.jsonl');
  const flags = [
    '--admin',
    '0',
    '--record',
    record,
    '--failure-threshold',
    '1',
    '--name',
    'faults',
    '--log',
    'json',
  ];
  const client = new RawClient([process.execPath, command, 'mcp', ...flags, '--', ...server.command], {
    env: { XDG_RUNTIME_DIR: folder, ...env },
  });
  onTestFinished(async () => {
    await client.stop();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  await client.request('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  });
  client.notify('notifications/initialized');
  const status = () =>
    JSON.parse(
      execFileSync(process.execPath, [command, 'mcp', '--status', '--json'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: folder },
      }),
    )[0] as { admin: { url: string; key: string } | null };
  await expect.poll(() => status()?.admin ?? null).not.toBeNull();
  const { url, key } = status().admin ?? { url: '', key: '' };
  const lines = () =>
    readFileSync(record, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { client, server, url, key, lines, folder };
};

describe('toolfuse mcp --admin --record', () => {
  it('shows what went through it, obeys the key of --status, and records each call without its contents', async () => {
    const { client, url, key, lines } = await setUp();
    await client.request('tools/list', {});
    const call = (name: string, words: string) =>
      client.request('tools/call', { name, arguments: { words } });
    await call('echo', 'a secret');
    await call('fail', 'another secret');
    await call('fail', 'refused');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    for (const line of [
      'toolfuse_call_duration_seconds_count{registry="faults",tool="echo",outcome="success"} 1',
      'toolfuse_failures_total{registry="faults",tool="fail",category="executionError"} 1',
      'toolfuse_denied_total{registry="faults",tool="fail",reason="open"} 1',
      'toolfuse_mcp_server_starts_total{registry="faults",server="faults",why="session"} 1',
      'toolfuse_mcp_server_up{registry="faults",server="faults"} 1',
    ]) {
      expect(metrics.split('\n')).toContain(line);
    }
    const change = (action: string) =>
      fetch(`${url}/circuits/fail`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action }),
      });
    expect((await change('close')).status).toBe(200);
    await call('fail', 'runs again');
    expect(client.stderr).not.toContain(key);
    await client.endInput();
    expect(lines().map(({ tool, outcome, refused }) => [tool, outcome, refused])).toEqual([
      ['echo', 'success', null],
      ['fail', 'failure', null],
      ['fail', 'refused', 'open'],
      ['fail', 'failure', null],
    ]);
    expect(JSON.stringify(lines())).not.toContain('secret');
  });

  it('takes the key from the environment, and keeps it from the server', async () => {
    const key = 'a key of a user, with no spaces'.replaceAll(' ', '-');
    const { url, server, key: shown } = await setUp({ TOOLFUSE_ADMIN_KEY: key });
    expect(shown).toBe(key);
    const response = await fetch(`${url}/circuits/server%3Afaults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"action":"isolate"}',
    });
    expect(response.status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${server.pid}/environ`, 'utf8')).not.toContain(key);
    }
  });
});
