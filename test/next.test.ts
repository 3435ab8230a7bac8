import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderOf, isInstalled } from './frameworks/installed.ts';
import { installPackage } from './support/installed-package.ts';

const route = `
  import { createToolRegistry } from 'toolfuse';
  export const dynamic = 'force-dynamic';
  export async function GET() {
    const registry = createToolRegistry();
    const inspector = await registry.inspect();
    const told = [];
    for (const file of ['', 'page.js', 'page.css', 'icon.svg']) {
      const answer = await fetch(new URL(file, inspector.url));
      told.push(answer.status, (await answer.text()).length > 100);
    }
    await inspector.close();
    registry.stop();
    return Response.json(told);
  }`;

const files = (root: string): Readonly<Record<string, string>> => ({
  'package.json': JSON.stringify({ private: true, type: 'module' }),
  // The app stands below the packages of Next, which it would not look for above itself.
  'next.config.js': `export default { turbopack: { root: ${JSON.stringify(root)} } };`,
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
  'app/page.js': "export default () => 'an app';",
  'app/api/page/route.js': route,
});

describe.skipIf(!isInstalled('next'))('the page of the inspector in an app of Next', () => {
  it('is served by a route of the app that was built for production', async () => {
    const root = folderOf('next');
    const app = mkdtempSync(join(root, 'app-'));
    onTestFinished(() => rmSync(app, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(files(root))) {
      mkdirSync(dirname(join(app, path)), { recursive: true });
      writeFileSync(join(app, path), text);
    }
    installPackage(app);
    const next = join(root, 'node_modules/next/dist/bin/next');
    const env = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1' };
    await promisify(execFile)(process.execPath, [next, 'build'], { cwd: app, env });
    const served = spawn(process.execPath, [next, 'start', '-p', '0'], {
      cwd: app,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void served.kill('SIGKILL'));
    let printed = '';
    served.stdout.on('data', (text) => (printed += text));
    await expect.poll(() => printed).toMatch(/Ready in/);
    const [, port] = /http:\/\/localhost:(\d+)/.exec(printed) ?? [];
    const answer = await fetch(`http://127.0.0.1:${port}/api/page`);
    expect(await answer.json()).toEqual([200, true, 200, true, 200, true, 200, true]);
  });
});
