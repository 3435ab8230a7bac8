import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindOfFile } from '../../../../src/cli/configuration/client-kinds.ts';
import type { FoundFile } from '../../../../src/cli/configuration/find-files.ts';
import { changeFile, type FileReport, unwrapFile } from '../../../../src/cli/wrap/wrap-file.ts';
import { wrapText } from '../../../../src/cli/wrap/wrap-text.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toolfuse-wrap-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text =
  '{ "mcpServers": { "a": { "command": "x", "env": { "KEY": "secret-of-a" } },\n "b": { "command": "y" } } }\n';

const found = (path: string): FoundFile => ({ path, kind: kindOfFile(path), scope: 'user', isNamed: true });

interface Options {
  readonly isDryRun?: boolean;
  readonly only?: string;
  readonly before?: () => void;
}

const wrap = (
  path: string,
  { isDryRun = false, only, before }: Options = {},
): Promise<FileReport | undefined> =>
  changeFile(found(path), {
    isDryRun,
    change: (configuration) => {
      before?.();
      return wrapText(configuration, ({ name }, guarded) =>
        only !== undefined && name !== only
          ? { why: 'it was not named' }
          : (guarded ?? { launcher: ['node', '/t/toolfuse', 'mcp'], flags: ['--name', name] }),
      );
    },
  });

const unwrap = (path: string): Promise<FileReport | undefined> => unwrapFile(found(path), false);

const write = (name: string, content: string | Uint8Array = text, mode = 0o644): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

describe('a configuration file', () => {
  it('keeps its mode, and has what it was beside it until it is unwrapped', async () => {
    const path = write('mcp.json', text, 0o640);
    const report = await wrap(path);
    expect(report?.backup).toBe(`${path}.before-toolfuse`);
    expect(readFileSync(`${path}.before-toolfuse`, 'utf8')).toBe(text);
    expect([path, `${path}.before-toolfuse`].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o640, 0o640,
    ]);
    expect(readFileSync(path, 'utf8')).toContain('/t/toolfuse');
    await unwrap(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['mcp.json']);
  });

  it('keeps the mark of UTF-8 before its text', async () => {
    const path = write('mcp.json', `\ufeff${text}`);
    await wrap(path);
    expect(readFileSync(path).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    await unwrap(path);
    expect(readFileSync(path, 'utf8')).toBe(`\ufeff${text}`);
  });

  it('is changed where a symbolic link leads, and the link stays', async () => {
    mkdirSync(join(folder, 'dotfiles'));
    const target = write('dotfiles/real.json');
    const path = join(folder, 'mcp.json');
    symlinkSync(target, path);
    await wrap(path);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('/t/toolfuse');
    await unwrap(path);
    expect(readFileSync(target, 'utf8')).toBe(text);
  });

  it('is given back with what its user has changed elsewhere, and with a server that came later', async () => {
    const path = write('mcp.json');
    await wrap(path, { only: 'a' });
    writeFileSync(path, readFileSync(path, 'utf8').replace('"command": "y"', '"command": "z"'));
    await wrap(path);
    appendFileSync(path, '// mine\n');
    await unwrap(path);
    expect(readFileSync(path, 'utf8')).toBe(`${text.replace('"y"', '"z"')}// mine\n`);
  });

  it('loses the words of the proxy alone where its user has changed a server itself', async () => {
    const path = write('mcp.json');
    await wrap(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('secret-of-a', 'another'));
    await unwrap(path);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      mcpServers: { a: { command: 'x', args: [], env: { KEY: 'another' } }, b: { command: 'y' } },
    });
  });

  it('is read again where somebody changes it at the same time', async () => {
    const path = write('mcp.json');
    let changes = 0;
    await wrap(path, {
      before: () => changes++ === 0 && writeFileSync(path, text.replace('"y"', '"changed"')),
    });
    expect(changes).toBe(2);
    expect(readFileSync(path, 'utf8')).toMatch(/"changed"[\s\S]*/);
    expect(readFileSync(path, 'utf8')).toContain('/t/toolfuse');
  });

  it('is left alone where somebody changes it all the time', async () => {
    const path = write('mcp.json');
    let count = 0;
    const report = await wrap(path, { before: () => writeFileSync(path, text + ' '.repeat(++count)) });
    expect(report?.why).toBe('it changes all the time; close its client and run this again');
    expect(readFileSync(path, 'utf8')).toBe(text + ' '.repeat(count));
  });

  it('is not changed by --dry-run, which shows the changed servers without any secret', async () => {
    const path = write('mcp.json');
    const report = await wrap(path, { isDryRun: true, only: 'b' });
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['mcp.json']);
    expect(report?.diff?.split('\n').slice(2)).toEqual([
      '@@ b @@',
      '- { "command": "y" }',
      '+ { "command": "node", "args": ["/t/toolfuse", "mcp", "--name", "b", "--", "y"] }',
    ]);
    expect((await wrap(path, { isDryRun: true }))?.diff).not.toContain('secret-of-a');
  });

  it.each([
    [
      'broken.json',
      '{ "mcpServers": { "a": { "command": "x" "args": [] } } }',
      'line 1, column 41: comma expected',
    ],
    ['list.json', '[]', 'line 1, column 1: it is no JSON object'],
    ['broken.toml', '[mcp_servers.a]\ncommand = ]\n', /^line 2, column 11: /],
    ['twice.toml', 'a = 1\na = 2\n', 'line 2, column 1: Defining a key multiple times is invalid'],
    ['broken.yaml', 'mcpServers:\n  - name: a\n   command: b\n', /^line 3, column \d+: /],
    ['two.yaml', 'a: 1\n---\nb: 2\n', 'line 1, column 1: it is not one document of YAML'],
    ['wide.json', Buffer.from(`\ufeff${text}`, 'utf16le'), 'it is written in UTF-16; save it as UTF-8'],
    ['latin.json', Buffer.from('{ "é": 1 }', 'latin1'), 'it is not written in UTF-8'],
  ])('is left as it is, with the reason: %s', async (name, content, why) => {
    const path = write(name, content);
    const report = await wrap(path);
    expect(report).toMatchObject({ outcomes: [], isFault: true });
    expect(report?.why).toMatch(why);
    expect(readFileSync(path)).toEqual(Buffer.from(content as string));
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('is left as it is where it is read-only, or has a second name', async () => {
    const readOnly = write('mcp.json', text, 0o444);
    expect((await wrap(readOnly))?.why).toBe('it is read-only');
    const linked = write('linked.json');
    linkSync(linked, join(folder, 'other.json'));
    expect((await wrap(linked))?.why).toContain('hard link');
    expect((await wrap(join(folder, 'none.json')))?.why).toBe('it does not exist');
    expect(readFileSync(readOnly, 'utf8') + readFileSync(linked, 'utf8')).toBe(text + text);
  });
});
