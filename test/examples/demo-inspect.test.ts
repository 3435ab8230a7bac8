import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { knockAsPage } from '../src/inspect/support/clients.ts';

const scratch = mkdtempSync(join(tmpdir(), 'toolfuse-demo-inspect-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the demo with --inspect', () => {
  it('can be watched while it runs', async () => {
    const demo = spawn(process.execPath, ['--import', 'tsx', 'examples/demo.ts', '--inspect'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      // No browser is to be found, and nothing opened.
      env: { ...process.env, TMPDIR: scratch, PATH: scratch },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let printed = '';
      demo.stdout.on('data', (text) => (printed += text));
      await expect.poll(() => printed).toMatch(/Watch it at http:\S+/);
      const url = /http:\S+/.exec(printed)?.[0] ?? '';
      const { messages } = await knockAsPage({ url });
      await expect
        .poll(() => messages.flatMap((message) => (message.type === 'actors' ? message.actors : [])))
        .toContainEqual(expect.objectContaining({ name: 'read_text_file', state: 'open' }));
    } finally {
      const ended = once(demo, 'exit');
      demo.kill('SIGINT');
      await ended;
    }
  });
});
