import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryKey } from '../../../../src/proxy/memory/memory-key.ts';
import { memoryOf } from '../../../../src/proxy/memory/proxy-memory.ts';
import { SecretValues } from '../../../../src/proxy/memory/secret-values.ts';
import { readOptions } from '../../../../src/proxy/options/read.ts';

const keyOf = (args: string[], environment: Record<string, string> = {}, folder = '/home'): string =>
  memoryKey(readOptions(args, environment), environment, folder);

describe('what a server is remembered by', () => {
  const command = ['--', 'npx', 'server', '--root', '/data'];

  it('is the same at the next start, from another terminal', () => {
    const first = keyOf(command, { HOME: '/h', TERM: 'xterm', SHLVL: '1', SSH_TTY: '/dev/pts/1' });
    const next = keyOf(command, { SHLVL: '2', HOME: '/h', WINDOWID: '7', npm_config_cache: '/c' });
    expect(next).toBe(first);
    expect(first).toMatch(/^[\da-f]{32}$/);
  });

  it('is the same at the next start of a client that gives its servers the number of its process', () => {
    const start = (pid: string, session: string): string =>
      keyOf(command, {
        HOME: '/h',
        ...{ OPENCODE: '1', OPENCODE_PID: pid, AGENT: '1', CODEX_SESSION_ID: session },
        ...{ CLAUDE_CODE_SESSION_ID: session, AI_AGENT: `claude-code/${pid}` },
      });
    expect(start('2', 'b')).toBe(start('1', 'a'));
  });

  it.each([
    ['the command', ['--', 'uvx', 'server', '--root', '/data'], {}, '/home'],
    ['an argument', ['--', 'npx', 'server', '--root', '/other'], {}, '/home'],
    ['the folder', command, {}, '/elsewhere'],
    ['a credential', command, { GITHUB_TOKEN: 'other' }, '/home'],
    ['a credential that is called like its client', command, { CODEX_API_KEY: 'x' }, '/home'],
    ['any other variable', command, { GITHUB_HOST: 'x' }, '/home'],
  ])('changes with %s', (_, args, environment, folder) => {
    const base = { GITHUB_TOKEN: 'one' };
    expect(keyOf(args, { ...base, ...environment }, folder)).not.toBe(keyOf(command, base));
  });

  it('of a URL changes with the URL, a header, and the contents of a certificate', () => {
    const folder = mkdtempSync(join(tmpdir(), 'toolfuse-key-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const cert = join(folder, 'cert.pem');
    writeFileSync(cert, 'one');
    const token = ['--header', `Authorization: Bearer \${TOKEN}`];
    const of = (url: string, secret: string): string =>
      keyOf(['--url', url, ...token, '--cert', cert], { TOKEN: secret, HOME: secret });
    const first = of('https://x.test/mcp', 'a');
    expect(of('https://x.test/mcp', 'a')).toBe(first);
    expect(of('https://x.test/mcp?key=1', 'a')).not.toBe(first);
    expect(of('https://x.test/mcp', 'b')).not.toBe(first);
    writeFileSync(cert, 'two');
    expect(of('https://x.test/mcp', 'a')).not.toBe(first);
  });
});

describe('the secrets of a server', () => {
  const environment = { TOKEN: 'tok-12345678', API_KEY: 'k3y-of-service', AUTH_MODE: 'disabled', HOME: '/h' };
  const areIn = (args: string[], text: string): boolean =>
    new SecretValues(readOptions(args, environment), environment).areIn(text);

  it('are its headers, and what the environment, its arguments and its URL call so', () => {
    const url = ['--url', 'https://x.test/mcp?key=u-12345678', '--header', `Authorization: Bearer \${TOKEN}`];
    expect(areIn(url, 'you are tok-12345678')).toBe(true);
    expect(areIn(url, 'see ?key=u-12345678')).toBe(true);
    expect(areIn(['--', 'server', '--api-key=arg-12345678'], 'arg-12345678')).toBe(true);
    expect(areIn(['--', 'server', '--token', 'arg-12345678'], 'arg-12345678')).toBe(true);
    expect(areIn(['--', 'server'], 'k3y-of-service')).toBe(true);
  });

  it('are not words of every day', () => {
    expect(areIn(['--', 'server'], 'this tool is disabled')).toBe(false);
  });
});

describe('the memory that the options ask for', () => {
  const of = (...args: string[]) => memoryOf(readOptions([...args, '--', 'x'], {}), () => {}, {}, '/home');
  const state = join(tmpdir(), 'no-such-folder-of-toolfuse', 'state.json');

  it('is one beside --state, unless --no-memory is given', () => {
    expect(of()).toBeUndefined();
    expect(of('--state', state, '--no-memory')).toBeUndefined();
    expect(() => of('--memory')).toThrow('--memory needs --state FILE, beside which it is kept');
    rmSync(join(tmpdir(), 'no-such-folder-of-toolfuse'), { recursive: true, force: true });
    expect(of('--state', state)).toBeDefined();
    rmSync(join(tmpdir(), 'no-such-folder-of-toolfuse'), { recursive: true, force: true });
  });
});
