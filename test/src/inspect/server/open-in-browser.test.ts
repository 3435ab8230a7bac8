import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serveInspector } from 'toolfuse/inspect';
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-open-'));
const told = join(folder, 'told');
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the inspector on a desktop with the opener in that folder, or without one. */
async function serveOpen(path: string) {
  vi.stubEnv('PATH', path);
  const inspector = await serveInspector({ open: true });
  onTestFinished(() => inspector.close());
  return inspector;
}

describe.skipIf(process.platform !== 'linux')('open: true', () => {
  it('opens the page by a file that only this user can read, so that the key is on no command line', async () => {
    writeFileSync(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > ${told}.new\n/bin/mv ${told}.new ${told}\n`,
      { mode: 0o755 },
    );
    const inspector = await serveOpen(folder);
    const { url } = inspector;
    await expect.poll(() => existsSync(told)).toBe(true);
    const [file = '', ...more] = readFileSync(told, 'utf8').trim().split('\n');
    expect(more).toEqual([]);
    expect(file).not.toContain(new URL(url).hash.slice(1));
    expect(readFileSync(file, 'utf8')).toContain(`content="0; url=${url}"`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    await inspector.close();
    expect(existsSync(dirname(file))).toBe(false);
  });

  it('does no harm if there is no browser', async () => {
    const { url } = await serveOpen(join(folder, 'nothing'));
    expect((await fetch(url)).status).toBe(200);
  });
});
