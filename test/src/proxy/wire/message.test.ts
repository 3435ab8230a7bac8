import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { checkProperty } from '../../../support/property.ts';

const line = (content: unknown): Line => Line.of(JSON.stringify(content));
const read = (content: unknown): Message => {
  const message = Message.read(line(content));
  if (message === undefined) throw new Error('it was not read');
  return message;
};

describe('a message', () => {
  it('keeps its bytes unchanged, whatever it holds', () => {
    const bytes = Buffer.from(
      '{ "jsonrpc":"2.0",\t"future": [1, 2e3], "id" : 1.0, "method":"caf\\u00e9/übung" }\r\n',
    );
    const pieces = [bytes.subarray(0, 30), bytes.subarray(30)] as const;
    expect(Message.read(new Line(pieces))?.line.pieces).toEqual(pieces);
  });

  it('tells requests, responses and notifications apart', () => {
    const kinds = [{ id: 1, method: 'a' }, { id: 1, result: {} }, { method: 'a' }].map((content) => {
      const { isRequest, isResponse } = read(content);
      return { isRequest, isResponse };
    });
    expect(kinds).toEqual([
      { isRequest: true, isResponse: false },
      { isRequest: false, isResponse: true },
      { isRequest: false, isResponse: false },
    ]);
  });

  it('tells the id 1 from the id "1", and keeps an id that no JavaScript number can hold', () => {
    expect([read({ id: 1 }).id, read({ id: '1' }).id]).toEqual(['1', '"1"']);
    expect(Message.read(Line.of('{"id":12345678901234567890,"method":"a"}'))?.id).toBe(
      '12345678901234567890',
    );
  });

  it.each([
    ['"a\\/b"', '"a/b"'],
    ['"\\u00e9"', '"é"'],
    ['"é"', '"é"'],
    ['2.0', '2'],
    ['-0', '0'],
    ['1.50', '1.5'],
    ['12345678901234567890', '12345678901234567890'],
  ])('has the id %s as %s, however it was written', (written, id) => {
    expect(Message.read(Line.of(`{"id":${written},"method":"a"}`))?.id).toBe(id);
  });

  it('reads a method whose letters are escaped', () => {
    expect(Message.read(Line.of('{"method":"tools\\/call"}'))?.method).toBe('tools/call');
  });

  it.each(['{"id":abc,"method":"a"}', '{"id":{},"method":"a"}', '{"id":[1]}', '{"a":1}{', '{"a":1} x'])(
    '%s is not a message',
    (text) => {
      expect(Message.read(Line.of(text))).toBeUndefined();
    },
  );

  it('gives the value at a path, and the last of two with the same name, as JSON.parse does', () => {
    const message = Message.read(Line.of('{"a":{"b":1,"b":{"c":[true]}},"a b":2}'));
    expect(message?.value('a', 'b', 'c')).toEqual([true]);
    expect(message?.value('a b')).toBe(2);
    expect(message?.value('a', 'x')).toBeUndefined();
    expect(message?.value('a', 'b', 'c', 'd')).toBeUndefined();
  });

  it('gives what JSON.parse gives', () => {
    checkProperty(
      fc.property(fc.string(), fc.string(), fc.jsonValue(), (outer, inner, value) => {
        const text = JSON.stringify({ [outer]: { [inner]: value } });
        expect(Message.read(Line.of(text))?.value(outer, inner)).toEqual(JSON.parse(text)[outer][inner]);
      }),
    );
  });
});

describe('a line', () => {
  it('of one message is that message', () => {
    expect(Message.readLine(line({ id: 1, method: 'a' }))?.map(({ id }) => id)).toEqual(['1']);
  });

  it('of a batch is its messages, each a line', () => {
    const messages = Message.readLine(line([{ id: 1, method: 'a' }, { method: 'b' }]));
    expect(messages?.map((message) => message.line.bytes.toString())).toEqual([
      '{"id":1,"method":"a"}\n',
      '{"method":"b"}\n',
    ]);
  });

  it.each([[[]], [[1]], [['a', {}]], ['text'], [null]])('%j holds no messages', (content) => {
    expect(Message.readLine(line(content))).toBeUndefined();
  });
});

describe('a message of our own', () => {
  it('answers with the very id that was asked with', () => {
    const { bytes } = Message.answer('12345678901234567890', { result: { ok: true } }).line;
    expect(bytes.toString()).toBe('{"jsonrpc":"2.0","id":12345678901234567890,"result":{"ok":true}}\n');
  });

  it('cancels a request', () => {
    const { bytes } = Message.cancelled('"a"', 'the "reason"').line;
    expect(JSON.parse(bytes.toString())).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'a', reason: 'the "reason"' },
    });
  });
});
