import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { LineWriter } from '../../../../src/proxy/wire/line-writer.ts';
import { checkProperty } from '../../../support/property.ts';

/** A stream that keeps what it is given, piece by piece, and is as slow as a test wants. */
function sink({ isSlow = false, highWaterMark = 64 } = {}) {
  const pieces: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark,
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece.toString());
      if (isSlow) waiting.push(done);
      else done();
    },
    writev(chunks, done) {
      for (const { chunk } of chunks) pieces.push(String(chunk));
      if (isSlow) waiting.push(done);
      else done();
    },
  });
  const finish = (): void => {
    for (const done of waiting.splice(0)) done();
  };
  return { stream, pieces, finish };
}

/** Lines as a reader cuts them from a chunk. */
const linesOf = (chunk: Buffer): Line[] => {
  const lines: Line[] = [];
  for (let from = 0; from < chunk.length; ) {
    const end = chunk.indexOf('\n', from) + 1;
    lines.push(new Line([chunk.subarray(from, end)]));
    from = end;
  }
  return lines;
};

describe('lines that are written while corked', () => {
  it('go out as one piece if they arrived as one', () => {
    const { stream, pieces } = sink();
    const writer = new LineWriter(stream);
    writer.cork();
    for (const line of linesOf(Buffer.from('a\nb\nc\n'))) writer.write(line);
    expect(pieces).toEqual([]);
    writer.uncork();
    expect(pieces).toEqual(['a\nb\nc\n']);
  });

  it('keep their order, whatever is left out and inserted', () => {
    const part = fc.record({
      text: fc.string({ minLength: 1 }),
      what: fc.constantFrom('pass', 'drop', 'own'),
    });
    checkProperty(
      fc.property(fc.array(fc.array(part)), (batches) => {
        const { stream, pieces } = sink();
        const writer = new LineWriter(stream);
        const expected: string[] = [];
        for (const batch of batches) {
          const lines = linesOf(
            Buffer.from(batch.map(({ text }) => `${text.replace(/\n/g, '')}\n`).join('')),
          );
          writer.cork();
          batch.forEach(({ what }, index) => {
            const line = what === 'own' ? Line.of('own') : (lines[index] as Line);
            if (what === 'drop') return;
            expected.push(line.bytes.toString());
            writer.write(line);
          });
          writer.uncork();
        }
        expect(pieces.join('')).toBe(expected.join(''));
      }),
    );
  });

  it('report a full stream only if it really is full, so that `drain` follows', async () => {
    for (const isSlow of [true, false]) {
      const { stream, finish } = sink({ isSlow, highWaterMark: 6 });
      const writer = new LineWriter(stream);
      writer.cork();
      const lines = linesOf(Buffer.from('a\nb\nc\nd\n'));
      const [a, b, c, d] = lines.map((line) => writer.write(line));
      expect([a, b, c, d]).toEqual([true, true, false, false]);
      const drained = new Promise((resolve) => stream.once('drain', resolve));
      writer.uncork();
      finish();
      await drained;
      expect(writer.write(Line.of('e'))).toBe(true);
    }
  });

  it('are written at once while not corked', () => {
    const { stream, pieces } = sink();
    expect(new LineWriter(stream).write(Line.of('a'))).toBe(true);
    expect(pieces).toEqual(['a\n']);
  });

  it('of several pieces are written together, as they arrived', () => {
    const { stream, pieces } = sink();
    let calls = 0;
    const { _writev } = stream;
    stream._writev = (chunks, done) => {
      calls++;
      _writev?.call(stream, chunks, done);
    };
    new LineWriter(stream).write(new Line([Buffer.from('a'), Buffer.from('b'), Buffer.from('c\n')]));
    expect([calls, pieces]).toEqual([1, ['a', 'b', 'c\n']]);
  });
});
