import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers, replaceFile } from '../../../../src/proxy/state/replace-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toolfuse-replace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that is replaced', () => {
  it('is readable for its user only, whatever was planted beside it', () => {
    const path = join(folder, 'state.json');
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${path}.${process.pid}.tmp`);
    replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('replaces a link, and not what it leads to', () => {
    const path = join(folder, 'state.json');
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, path);
    replaceFile(path, 'new');
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('leaves nothing behind if it cannot be written', () => {
    expect(() => replaceFile(folder, 'new')).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what a killed process has left behind', () => {
  it('is removed once it is old, and nothing else is', () => {
    const path = join(folder, 'state.json');
    const old = new Date(Date.now() - 3_600_000);
    const leftovers = ['state.json.17.tmp', 'state.json.17.0123456789ab.tmp'];
    const others = ['state.json', 'state.json.bak.tmp', 'other.json.17.tmp', 'state.json.tmp'];
    for (const name of [...leftovers, ...others]) {
      writeFileSync(join(folder, name), '');
      utimesSync(join(folder, name), old, old);
    }
    writeFileSync(`${path}.18.0123456789ab.tmp`, 'a save that is under way');
    removeLeftovers(path);
    expect(readdirSync(folder).sort()).toEqual([...others, 'state.json.18.0123456789ab.tmp'].sort());
  });
});
