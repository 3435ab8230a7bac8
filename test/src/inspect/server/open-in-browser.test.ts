import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  it('opens the page, with its key, in the browser of the desktop', async () => {
    writeFileSync(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > ${told}.new\n/bin/mv ${told}.new ${told}\n`,
      {
        mode: 0o755,
      },
    );
    const { url } = await serveOpen(folder);
    await expect.poll(() => existsSync(told)).toBe(true);
    expect(readFileSync(told, 'utf8')).toBe(url);
  });

  it('does no harm if there is no browser', async () => {
    const { url } = await serveOpen(join(folder, 'nothing'));
    expect((await fetch(url)).status).toBe(200);
  });
});
