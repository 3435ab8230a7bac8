import { execFile } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createToolRegistry } from 'toolfuse';
import { inspect, serveInspector } from 'toolfuse/inspect';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ask, knockAsPage, tokenOf } from './support/clients.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a program with the built package until it ends by itself. @returns Its output. */
const runBuilt = async (code: string): Promise<string> =>
  (await run(process.execPath, ['--input-type=module', '-e', code], { cwd: root })).stdout;

describe('an inspector', () => {
  it('is loaded and served by registry.inspect, at an address with a key', async () => {
    const registry = createToolRegistry();
    const inspector = await registry.inspect();
    expect(inspector.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/);
    expect(await ask(inspector)).toMatchObject({ status: 200 });
    await inspector.close();
    registry.stop();
  });

  it('releases its port when it is closed, and may be closed repeatedly', async () => {
    const registry = createToolRegistry();
    const inspector = await inspect(registry);
    await knockAsPage(inspector);
    await Promise.all([inspector.close(), inspector.close()]);
    await expect(ask(inspector)).rejects.toThrow('ECONNREFUSED');
    const port = Number(new URL(inspector.url).port);
    await (await inspect(registry, { port })).close();
    registry.stop();
  });

  it('reports that its port is taken', async () => {
    const registry = createToolRegistry();
    const inspector = await inspect(registry);
    const port = Number(new URL(inspector.url).port);
    await expect(inspect(registry, { port })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
    await inspector.close();
    registry.stop();
  });

  it('shows several registries, until they are detached', async () => {
    const [first, second] = [createToolRegistry(), createToolRegistry()];
    first.tool('a');
    second.tool('b');
    const inspector = await serveInspector();
    onTestFinished(() => inspector.close());
    inspector.attach(first);
    const detach = inspector.attach(second);
    const { messages } = await knockAsPage(inspector);
    const names = () => {
      const known = new Map<string, string>();
      for (const message of messages) {
        if (message.type !== 'actors') continue;
        for (const id of message.gone) known.delete(id);
        for (const { id, name } of message.actors) known.set(id, name);
      }
      return [...known.values()];
    };
    await expect.poll(names).toEqual(['toolfuse', 'a', 'toolfuse', 'b']);
    detach();
    detach();
    await expect.poll(names).toEqual(['toolfuse', 'a']);
    first.stop();
    second.stop();
  });

  it('accepts no registry once it is closed', async () => {
    const inspector = await serveInspector();
    await inspector.close();
    expect(() => inspector.attach(createToolRegistry())).toThrow('the inspector is closed');
  });

  it('prints nothing, especially not the token', async () => {
    const written: unknown[] = [];
    for (const stream of [process.stdout, process.stderr] as const) {
      const write = vi.spyOn(stream, 'write').mockImplementation((text) => written.push(text) > 0);
      onTestFinished(() => write.mockRestore());
    }
    const registry = createToolRegistry();
    const inspector = await inspect(registry, { controls: true });
    await knockAsPage(inspector);
    await ask(inspector, { headers: { host: 'evil.example' } });
    await ask(inspector, { path: `/?${tokenOf(inspector)}` });
    await inspector.close();
    registry.stop();
    expect(written.join('')).not.toContain(tokenOf(inspector));
    expect(written.filter((text) => String(text).includes('toolfuse'))).toEqual([]);
  });

  it('leaves no observer, no listener and no timer behind', async () => {
    const before = process.listeners('exit');
    const registry = createToolRegistry();
    const inspector = await inspect(registry);
    await knockAsPage(inspector);
    expect(registry.actor).toMatchObject({ isInspected: true });
    await inspector.close();
    expect(registry.actor).toMatchObject({ isInspected: false });
    expect(channel('toolfuse:call').hasSubscribers).toBe(false);
    expect(process.listeners('exit')).toEqual(before);
    registry.stop();
  });
});

describe('a process with an inspector', () => {
  it('ends when it has nothing else to do', async () => {
    expect(
      await runBuilt(`
        import { createToolRegistry } from 'toolfuse';
        const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
        registry.recordFailure('shell', 'timeout');
        const inspector = await registry.inspect();
        console.log(new URL(inspector.url).hostname);
      `),
    ).toBe('127.0.0.1\n');
  });

  it('ends even if a page is connected', async () => {
    expect(
      await runBuilt(`
        import { createToolRegistry } from 'toolfuse';
        import { spawn } from 'node:child_process';
        const registry = createToolRegistry();
        const inspector = await registry.inspect();
        const [address, token] = inspector.url.split('#');
        const page = spawn(process.execPath, ['-e', \`
          const { WebSocket } = require('ws');
          const page = new WebSocket('\${address}'.replace('http', 'ws'), ['toolfuse.page.1', 'token.\${token}'], { origin: '\${address.slice(0, -1)}' });
          page.on('message', () => console.log('looks on'));
          page.on('error', () => {});
        \`], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
        await new Promise((resolve) => page.stdout.once('data', resolve));
        page.stdout.destroy();
        page.unref();
        console.log('done');
      `),
    ).toBe('done\n');
  });

  it('is kept alive if asked to be', async () => {
    const code = `
      import { serveInspector } from 'toolfuse/inspect';
      const inspector = await serveInspector({ keepAlive: true });
      setTimeout(() => { console.log('still there'); void inspector.close(); }, 300).unref();
    `;
    expect(await runBuilt(code)).toBe('still there\n');
  });

  it('loads no code of the inspector before it is needed', async () => {
    const code = `
      import { createToolRegistry } from 'toolfuse';
      createToolRegistry();
      console.log(process.moduleLoadList.includes('NativeModule http'));
    `;
    expect(await runBuilt(code)).toBe('false\n');
  });
});
