import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RecordFile } from '../../../../src/proxy/record/record-file.ts';

const setUp = (maxBytes = 100) => {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-record-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'calls.jsonl');
  const troubles: string[] = [];
  const file = new RecordFile({ path, maxBytes, onTrouble: (what) => troubles.push(what) });
  const read = (name = 'calls.jsonl') => readFileSync(join(folder, name), 'utf8');
  return { folder, path, file, troubles, read };
};

describe('the file of a record', () => {
  it('has the lines in order, and only its user can read it', () => {
    const { path, file, read } = setUp();
    file.check();
    for (const line of ['one\n', 'two\n']) file.write(line);
    expect(file.writableLength).toBe(8);
    file.flush();
    expect(file.writableLength).toBe(0);
    expect(read()).toBe('one\ntwo\n');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is moved on before it grows beyond its limit, and four earlier ones are kept', () => {
    const { folder, file, read } = setUp(10);
    for (let line = 0; line < 9; line++) {
      file.write(`line ${line}\n`);
      file.flush();
    }
    expect(readdirSync(folder).sort()).toEqual([
      'calls.jsonl',
      'calls.jsonl.1',
      'calls.jsonl.2',
      'calls.jsonl.3',
      'calls.jsonl.4',
    ]);
    expect([read(), read('calls.jsonl.1'), read('calls.jsonl.4')]).toEqual([
      'line 8\n',
      'line 7\n',
      'line 4\n',
    ]);
  });

  it('can be shared, without a lost line', () => {
    const { path, file, folder, troubles } = setUp(200);
    const other = new RecordFile({ path, maxBytes: 200, onTrouble: (what) => troubles.push(what) });
    for (let line = 0; line < 40; line++) {
      const writer = line % 2 === 0 ? file : other;
      writer.write(`line ${line}\n`);
      writer.flush();
    }
    const all = readdirSync(folder).flatMap((name) =>
      readFileSync(join(folder, name), 'utf8').trim().split('\n'),
    );
    expect(new Set(all).size).toBe(40);
    expect(troubles).toEqual([]);
  });

  it('that cannot be written is told once, and costs no memory', () => {
    const { file, folder, troubles } = setUp();
    rmSync(folder, { recursive: true });
    for (let line = 0; line < 3; line++) {
      file.write('lost\n');
      file.flush();
    }
    expect(troubles).toEqual([expect.stringContaining('the record cannot be written: ENOENT')]);
    expect(file.writableLength).toBe(0);
    expect(() => file.check()).toThrow('ENOENT');
  });
});
