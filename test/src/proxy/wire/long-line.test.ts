import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLongLine } from '../../../../src/proxy/wire/long-line.ts';
import { checkProperty } from '../../../support/property.ts';

const much = 'x'.repeat(100);
const read = (text: string) =>
  readLongLine({
    head: Buffer.from(text.slice(0, 60)),
    tail: Buffer.from(text.slice(-60)),
    length: text.length,
  });

describe('a message of which only the ends were kept', () => {
  it.each([
    [`{"jsonrpc":"2.0","id":12,"result":{"a":"${much}"}}`, '12', false],
    [`{"id":"a-1","jsonrpc":"2.0","result":{"a":"${much}"}}`, '"a-1"', false],
    [`{"id":"a\\/1","error":{"a":"${much}"}}`, '"a/1"', false],
    [`{"result":{"a":"${much}"},"jsonrpc":"2.0","id":3}\n`, '3', false],
    [`{"jsonrpc":"2.0","result":{"a":"${much}"},"id":3,"jsonrpc":"2.0"}\n`, '3', false],
    [`{"jsonrpc":"2.0","id":4,"method":"a","params":{"a":"${much}"}}`, '4', true],
    [`{"id":4,"params":{"a":"${much}"},"method":"a"}\n`, '4', true],
    [`{"params":{"a":"${much}"},"method":"a","id":"é"}\n`, '"é"', true],
    [`{"method":"a","params":{"a":"${much}"}}`, undefined, true],
  ])('%.25s… tells its id, and whether it asks', (text, id, asks) => {
    expect(read(text)).toEqual({ id, asks });
  });

  it.each([
    // It is inside the parameters or the result, or nowhere.
    `{"result":{"a":"${much}","id":3}}`,
    `{"result":{"a":"${much}","id":3}}\n`,
    `{"result":{"a":"${much}","method":"b"}}\n`,
  ])('%.20s… tells neither', (text) => {
    expect(read(text)).toEqual({ id: undefined, asks: false });
  });

  it('shows no other id than the whole message has, and never throws', () => {
    const member = fc.constantFrom<[string, unknown]>(
      ['id', 7],
      ['jsonrpc', '2.0'],
      ['result', { id: 8, text: much, more: { id: 9 } }],
      ['params', { id: 8, text: much }],
      ['method', 'a'],
      ['error', [much, { method: 'b' }]],
    );
    checkProperty(
      fc.property(fc.uniqueArray(member, { selector: ([name]) => name }), fc.nat(400), (members, cut) => {
        const text = JSON.stringify(Object.fromEntries(members));
        const told = readLongLine({
          head: Buffer.from(text.slice(0, cut)),
          tail: Buffer.from(text.slice(-cut)),
          length: text.length,
        });
        expect([undefined, '7']).toContain(told.id);
        if (told.asks)
          expect(members.map(([name]) => name)).toSatisfy(
            (names: string[]) => names.includes('method') || names.includes('params'),
          );
      }),
    );
  });
});
