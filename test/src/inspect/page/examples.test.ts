import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blocks } from '../../../support/code-blocks.ts';
import { hasBrowser, openPage } from '../support/browser.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const examples = blocks('docs/inspector.md', 'ts');
const [own = '', worker = '', viewer = ''] = examples;

/** Runs an example as a program of its own, with the built package. */
function run(code: string, folder: string): { child: ChildProcess; printed: () => string } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout?.on('data', (text) => (printed += text));
  return { child, printed: () => printed };
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const address = /^http:\/\/127\.0\.0\.1:\d+\/#\S+\n$/;

describe('the examples of docs/inspector.md', () => {
  it('are the ones that are run here', () => {
    expect(examples).toHaveLength(3);
  });

  it('serve the page of one registry, and end', async () => {
    const { child, printed } = run(own, makeFolder());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(printed()).toMatch(address);
  });

  it.skipIf(!hasBrowser)('show the tools of another process on one page', async () => {
    const folder = makeFolder();
    run(worker, folder);
    await expect.poll(() => existsSync(join(folder, 'worker-3.sock'))).toBe(true);
    const { printed } = run(viewer, folder);
    await expect.poll(printed).toMatch(address);
    const { page, complaints, foreign } = await openPage({ url: printed().trim() });
    await page.locator('.slot', { hasText: 'search' }).getByText('closed').waitFor();
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });
});
