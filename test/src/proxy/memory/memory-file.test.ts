import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Kept, MemoryFile, maxAnswers, maxFileBytes } from '../../../../src/proxy/memory/memory-file.ts';

const key = 'a'.repeat(32);
const answer = { at: 1, isError: false, text: '{"tools":[]}' };
const kept: Kept = { startMs: 5, answers: new Map([['legacy tools/list ', answer]]) };

function place() {
  const base = mkdtempSync(join(tmpdir(), 'toolfuse-memory-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const folder = join(base, 'state.json.memory');
  return { base, folder, path: join(folder, `${key}.json`), file: new MemoryFile(folder, key) };
}

describe('the file of a memory', () => {
  it('gives back what was saved, and only its user can read it', () => {
    const { file, folder, path } = place();
    expect(file.load()).toBeUndefined();
    file.save(kept);
    expect(file.load()).toEqual(kept);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([`${key}.json`]);
  });

  it('closes a folder that others could read', () => {
    const { file, folder } = place();
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    file.save(kept);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['no JSON', '{"format":"toolfuse-memory","answers":{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[1]'],
    ['the file of another program', '{"format":"other","version":1,"answers":{}}'],
    ['a later version', '{"format":"toolfuse-memory","version":2,"answers":{}}'],
    ['a list of answers', '{"format":"toolfuse-memory","version":1,"answers":[]}'],
    ['lists without end', '['.repeat(1_000_000)],
  ])('says what is wrong where it holds %s, and can be written again', (_, text) => {
    const { file, folder, path } = place();
    mkdirSync(folder);
    writeFileSync(path, text);
    expect(() => file.load()).toThrow(/^it is no /);
    file.save(kept);
    expect(file.load()).toEqual(kept);
  });

  it('reads only whole answers, and not more than a few hundred', () => {
    const { file, folder, path } = place();
    mkdirSync(folder);
    const answers: Record<string, unknown> = { a: answer, b: null, c: { ...answer, at: 'x' }, d: 5 };
    for (let each = 0; each < maxAnswers; each++) answers[`x${each}`] = answer;
    writeFileSync(path, JSON.stringify({ format: 'toolfuse-memory', version: 1, startMs: -1, answers }));
    const read = file.load();
    expect(read?.startMs).toBeUndefined();
    expect([...(read?.answers.keys() ?? [])].slice(0, 2)).toEqual(['a', 'x0']);
    expect(read?.answers.size).toBeLessThan(maxAnswers);
  });

  it('never reads a giant, a link, a pipe, or a folder', () => {
    const { file, folder, path, base } = place();
    mkdirSync(folder);
    writeFileSync(path, '');
    truncateSync(path, maxFileBytes + 1);
    expect(() => file.load()).toThrow('it has 8388609 bytes, more than 8388608');
    rmSync(path);
    writeFileSync(join(base, 'elsewhere'), '{}');
    symlinkSync(join(base, 'elsewhere'), path);
    expect(() => file.load()).toThrow('it is a link');
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(() => file.load()).toThrow('it is not a file');
    rmSync(path);
    mkdirSync(path);
    expect(() => file.load()).toThrow('it is not a file');
  });

  it('trusts no folder that is a link, or that somebody else has made', () => {
    const { file, folder, base } = place();
    mkdirSync(join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), folder);
    expect(() => file.load()).toThrow('it is not a folder of this user');
    expect(() => file.save(kept)).toThrow('it is not a folder of this user');
    rmSync(folder);
    mkdirSync(folder);
    const getuid = vi.spyOn(process, 'getuid');
    getuid.mockReturnValue(4_242);
    onTestFinished(() => getuid.mockRestore());
    expect(() => file.load()).toThrow('it is not a folder of this user');
  });

  it('forgets a server that has not answered for a month, and the longest unused of too many', () => {
    const { file, folder, path } = place();
    file.save(kept);
    const nameOf = (index: number): string => join(folder, `${index.toString(16).padStart(32, '0')}.json`);
    for (let each = 1; each <= 70; each++) {
      writeFileSync(nameOf(each), '{}');
      utimesSync(nameOf(each), Date.now() / 1_000 - each, Date.now() / 1_000 - each);
    }
    utimesSync(nameOf(2), 0, 0);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(file.load()).toEqual(kept);
    expect(readdirSync(folder)).toHaveLength(64 + 1);
    expect(existsSync(nameOf(2))).toBe(false);
    expect(existsSync(nameOf(1))).toBe(true);
    expect(existsSync(nameOf(70))).toBe(false);
    utimesSync(path, 0, 0);
    expect(file.load()).toBeUndefined();
  });
});
