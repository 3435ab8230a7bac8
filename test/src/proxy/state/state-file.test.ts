import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateFile } from '../../../../src/proxy/state/state-file.ts';
import { programFile } from '../../../support/program.ts';

let folder: string;
let path: string;
let troubles: string[];
const registries: ToolRegistry[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toolfuse-state-'));
  path = join(folder, 'circuits.json');
  troubles = [];
});
afterEach(() => {
  vi.useRealTimers();
  for (const registry of registries.splice(0)) registry.stop();
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (server: string): StateFile =>
  new StateFile({ path, server, onTrouble: (what) => troubles.push(what) });

function registryWithOpen(tool: string): ToolRegistry {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
  registries.push(registry);
  registry.recordFailure(tool, 'timeout');
  return registry;
}

/** Starts a process that writes to the file when its input ends. */
function startWriter(server: string, times: number) {
  const child = spawn(process.execPath, [programFile('state-writer'), path, server, String(times)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { child, isReady: once(child.stdout, 'data'), exitCode };
}

const openIn = (state: string | undefined): string[] => {
  const registry = createToolRegistry(state === undefined ? {} : { restore: state });
  registries.push(registry);
  return registry.openCircuits();
};

describe('a state file', () => {
  it('gives back the circuits that were kept', () => {
    fileOf('files').save(() => registryWithOpen('search').persist());
    expect(openIn(fileOf('files').load())).toEqual(['search']);
    expect(troubles).toEqual([]);
  });

  it("is nobody else's to read, and leaves nothing beside it", () => {
    fileOf('files').save(() => registryWithOpen('search').persist());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['circuits.json']);
  });

  it('keeps the circuits of several servers apart', () => {
    fileOf('files').save(() => registryWithOpen('search').persist());
    fileOf('web').save(() => registryWithOpen('fetch').persist());
    expect([openIn(fileOf('files').load()), openIn(fileOf('web').load())]).toEqual([['search'], ['fetch']]);
    expect(fileOf('other').load()).toBeUndefined();
  });

  it('keeps the circuits of tools that only another proxy of the same server knows', () => {
    const [one, two] = [fileOf('files'), fileOf('files')];
    one.save(() => registryWithOpen('search').persist());
    two.save(() => registryWithOpen('fetch').persist());
    expect(openIn(fileOf('files').load())).toEqual(['search', 'fetch']);
    const closed = createToolRegistry();
    registries.push(closed);
    closed.recordSuccess('search');
    one.save(() => closed.persist());
    expect(openIn(fileOf('files').load())).toEqual(['fetch']);
  });

  it('that does not exist is no trouble', () => {
    expect(fileOf('files').load()).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  it.each([
    '',
    '{',
    '[]',
    '{"format":"other"}',
    '{"format":"toolfuse-mcp","version":1,"servers":null}',
    '{"format":"toolfuse-mcp","version":1,"servers":[]}',
    '{"format":"toolfuse-mcp","version":2,"servers":{}}',
  ])('that holds %j is renamed and reported, and a new one is begun', (text) => {
    writeFileSync(path, text);
    expect(fileOf('files').load()).toBeUndefined();
    expect(troubles).toEqual([`${path} holds no circuits that can be read; it is kept as ${path}.bad`]);
    expect(readFileSync(`${path}.bad`, 'utf8')).toBe(text);
    fileOf('files').save(() => registryWithOpen('search').persist());
    expect(openIn(fileOf('files').load())).toEqual(['search']);
  });

  it('that can neither be used nor renamed is reported, and left as it is', () => {
    writeFileSync(path, 'somebody else wrote this');
    mkdirSync(join(`${path}.bad`, 'x'), { recursive: true });
    const file = fileOf('files');
    expect(file.load()).toBeUndefined();
    expect(troubles.join()).toMatch(/ holds no circuits that can be read, and cannot be put aside: /);
    file.save(() => registryWithOpen('search').persist());
    expect(troubles[1]).toMatch(/ cannot be written: holds no circuits that can be read, /);
    expect(readFileSync(path, 'utf8')).toBe('somebody else wrote this');
  });

  it('keeps servers of one program apart, and each finds its own circuits again', () => {
    const of = (identity: string) =>
      new StateFile({ path, server: 'files', identity, onTrouble: (what) => troubles.push(what) });
    of('one').save(() => registryWithOpen('search').persist());
    expect(of('two').load()).toBeUndefined();
    of('two').save(() => registryWithOpen('fetch').persist());
    of('one').save(() => registryWithOpen('list').persist());
    expect(openIn(of('one').load())).toEqual(['search', 'list']);
    expect(openIn(of('two').load())).toEqual(['fetch']);
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).servers)).toEqual(['files', 'files~two']);
    expect(troubles).toEqual([]);
  });

  it('with any number of circuits has the latest thousand restored, and what a person has switched off', () => {
    fileOf('files').save(() => registryWithOpen('search').persist());
    const document = JSON.parse(readFileSync(path, 'utf8'));
    const [seed] = document.servers.files.circuits;
    document.servers.files.circuits = Array.from({ length: 30_000 }, (_, index) => ({
      ...seed,
      tool: `tool-${index}`,
      state: index === 0 ? 'isolated' : 'open',
      lastFailureTime: seed.lastFailureTime - 30_000 + index,
    }));
    writeFileSync(path, JSON.stringify(document));
    const { circuits } = JSON.parse(fileOf('files').load() ?? '');
    const names = circuits.map(({ tool }: { tool: string }) => tool);
    expect([names.length, names[0], names[1], names[999]]).toEqual([
      1_000,
      'tool-0',
      'tool-29999',
      'tool-29001',
    ]);
  });

  it('whose circuits cannot be restored is reported', () => {
    writeFileSync(
      path,
      JSON.stringify({ format: 'toolfuse-mcp', version: 1, servers: { files: { format: 'x' } } }),
    );
    expect(fileOf('files').load()).toBeUndefined();
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/^the circuits of files cannot be restored: /);
  });

  it('in a folder that is gone gets one that only its user can enter', () => {
    // A server that \`wrap\` has guarded must start although its user has cleaned up.
    const gone = join(folder, 'state', 'toolfuse');
    new StateFile({ path: join(gone, 'circuits.json'), server: 'files', onTrouble: () => {} }).check();
    expect(statSync(gone).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o700);
  });

  it('that cannot be written is reported, and nothing else happens', () => {
    const file = new StateFile({
      path: join(folder, 'none', 'circuits.json'),
      server: 'files',
      onTrouble: (what) => troubles.push(what),
    });
    file.save(() => registryWithOpen('search').persist());
    expect(troubles.join()).toMatch(/circuits\.json cannot be written: ENOENT/);
  });

  it('is written although a process that held it has died', () => {
    writeFileSync(`${path}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    fileOf('files').save(() => registryWithOpen('search').persist());
    expect(openIn(fileOf('files').load())).toEqual(['search']);
  });

  it('is written a little later if a process that held it has only just died', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    writeFileSync(`${path}.lock`, '');
    utimesSync(`${path}.lock`, new Date(), new Date());
    const wait = vi.spyOn(Atomics, 'wait');
    const file = fileOf('files');
    file.saveSoon(() => registryWithOpen('search').persist());
    await vi.advanceTimersByTimeAsync(3_500);
    expect(troubles).toEqual([`${path} cannot be written: ${path}.lock is held by another process`]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(openIn(fileOf('files').load())).toEqual(['search']);
    // Meanwhile the process was not blocked.
    expect(wait.mock.calls.reduce((sumMs, [, , , ms = 0]) => sumMs + ms, 0)).toBeLessThan(1_000);
    wait.mockRestore();
  });

  it('is written although a process died while removing the lock of another one', () => {
    const longAgo = new Date(Date.now() - 60_000);
    for (const left of [`${path}.lock`, `${path}.lock.stale`]) {
      writeFileSync(left, '');
      utimesSync(left, longAgo, longAgo);
    }
    fileOf('files').save(() => registryWithOpen('search').persist());
    expect(readdirSync(folder)).toEqual(['circuits.json']);
  });

  it('keeps the lock of a process that took it over from one that slept', () => {
    fileOf('files').save(() => {
      writeFileSync(`${path}.lock`, 'of another process');
      return registryWithOpen('search').persist();
    });
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('of another process');
  });

  it.each(['no lock', 'a stale lock'])(
    'loses nothing where several processes write to it at once, after %s',
    async (begin) => {
      if (begin === 'a stale lock') {
        const longAgo = new Date(Date.now() - 60_000);
        writeFileSync(`${path}.lock`, '');
        utimesSync(`${path}.lock`, longAgo, longAgo);
      }
      const names = ['a', 'b', 'c', 'd'];
      const writers = names.map((name) => startWriter(name, 25));
      await Promise.all(writers.map(({ isReady }) => isReady));
      // All begin when the last one is ready.
      for (const { child } of writers) child.stdin.end();
      expect(await Promise.all(writers.map(({ exitCode }) => exitCode))).toEqual([0, 0, 0, 0]);
      const { servers } = JSON.parse(readFileSync(path, 'utf8'));
      expect(Object.keys(servers).sort()).toEqual(names);
      for (const name of names) expect(openIn(fileOf(name).load())).toContain(`tool-of-${name}-25`);
      expect(readdirSync(folder)).toEqual(['circuits.json']);
    },
  );
});
