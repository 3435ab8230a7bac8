import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader, type LongLine } from '../../../../src/proxy/wire/line-reader.ts';
import { checkProperty } from '../../../support/property.ts';
import { cutAt } from '../support/pieces.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory that is in use, in bytes. */
function usedBytes(): number {
  // The bytes of a buffer are let go one collection after the buffer.
  for (let count = 0; count < 2; count++) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function reader(maxBytes: number) {
  const lines: string[] = [];
  const long: LongLine[] = [];
  const it = new LineReader({
    maxBytes,
    onLine: (line) => lines.push(line.bytes.toString()),
    onLongLine: (line) => long.push(line),
  });
  return { it, lines, long };
}

describe('a stream of bytes', () => {
  it('is cut into lines, wherever its chunks end', () => {
    checkProperty(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat()), (texts, places) => {
        const expected = texts.map((text) => `${text.replace(/\n/g, '')}\n`);
        const { it, lines, long } = reader(Infinity);
        for (const chunk of cutAt(Buffer.from(expected.join('')), places)) it.push(chunk);
        const whole = expected.join('').replace(/^\uFEFF/, '');
        expect(Buffer.from(lines.join(''))).toEqual(Buffer.from(whole));
        expect([lines.length, long]).toEqual([expected.length, []]);
      }),
    );
  });

  it('has no mark before its first line, where a program has written one', () => {
    checkProperty(
      fc.property(fc.array(fc.nat(), { maxLength: 5 }), (places) => {
        const { it, lines } = reader(100);
        for (const chunk of cutAt(Buffer.from('\uFEFF{"a":1}\n\uFEFFb\n'), places)) it.push(chunk);
        expect(lines).toEqual(['{"a":1}\n', '\uFEFFb\n']);
      }),
    );
  });

  it('has a last line without an end', () => {
    const { it, lines } = reader(100);
    it.push(Buffer.from('a\nb'));
    it.end();
    expect(lines).toEqual(['a\n', 'b\n']);
  });

  it('keeps only the ends of a line that is too long, and goes on with the next', () => {
    checkProperty(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (places) => {
        const { it, lines, long } = reader(10_000);
        const text = `first\n{"id":7,${'x'.repeat(50_000)}end}\nlast\n`;
        for (const chunk of cutAt(Buffer.from(text), places)) it.push(chunk);
        expect(lines).toEqual(['first\n', 'last\n']);
        expect(long).toHaveLength(1);
        expect(long[0]?.length).toBe(Buffer.byteLength(text) - 'first\nlast\n'.length);
        expect(long[0]?.head.toString()).toMatch(/^\{"id":7,x+$/);
        expect(long[0]?.tail.toString()).toMatch(/^x+end\}\n$/);
      }),
    );
  });

  it('needs no more memory if it arrives byte by byte', () => {
    const { it, lines } = reader(Infinity);
    const byte = Buffer.from('x');
    const before = usedBytes();
    for (let count = 0; count < 500_000; count++) it.push(byte);
    expect(usedBytes() - before).toBeLessThan(2_000_000);
    it.push(Buffer.from('\n'));
    expect(lines.map(({ length }) => length)).toEqual([500_001]);
  });

  it('never holds much more than the longest line', () => {
    const { it } = reader(1_000_000);
    const chunk = Buffer.alloc(65_536, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 3_000; count++) it.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  });
});
