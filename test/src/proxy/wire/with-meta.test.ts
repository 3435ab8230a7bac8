import { describe, expect, it } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { withMeta } from '../../../../src/proxy/wire/with-meta.ts';

const rewritten = (text: string): string => {
  const message = Message.read(Line.of(text));
  if (message === undefined) throw new Error('it is no message');
  const next = withMeta(message, { traceparent: 'new', tracestate: 'x' });
  expect(next).toMatchObject({ id: message.id, method: message.method });
  return next.line.bytes.toString();
};

describe('a request with other members in its _meta', () => {
  it.each([
    [
      'that has none',
      '{"id":1,"method":"a","params":{"x":1}}',
      '{"id":1,"method":"a","params":{"_meta":NEW,"x":1}}',
    ],
    [
      'whose parameters are empty',
      '{"params":{ },"id":1,"method":"a"}',
      '{"params":{"_meta":NEW },"id":1,"method":"a"}',
    ],
    ['without parameters', '{"id":1,"method":"a" }', '{"id":1,"method":"a" ,"params":{"_meta":NEW}}'],
    [
      'keeps all others, byte for byte',
      '{"id":1,"method":"a","params":{"_meta":{ "progressToken" : 12345678901234567890, "traceparent":"old" , "\\u0061":1.0},"x":[1, 2]}}',
      '{"id":1,"method":"a","params":{"_meta":{"progressToken" : 12345678901234567890,"\\u0061":1.0,NEW},"x":[1, 2]}}',
    ],
    [
      'replaces one that is no object',
      '{"id":1,"method":"a","params":{"_meta":null}}',
      '{"id":1,"method":"a","params":{"_meta":NEW}}',
    ],
    [
      'takes the last of two',
      '{"id":1,"method":"a","params":{"_meta":{"a":1},"_meta":{}}}',
      '{"id":1,"method":"a","params":{"_meta":{"a":1},"_meta":NEW}}',
    ],
    [
      'leaves parameters alone that are no object',
      '{"id":1,"method":"a","params":[1]}',
      '{"id":1,"method":"a","params":[1]}',
    ],
  ])('%s', (_, before, after) => {
    const members = '"traceparent":"new","tracestate":"x"';
    const expected = after.includes(',NEW}')
      ? after.replace('NEW', members)
      : after.replace('NEW', `{${members}}`);
    expect(rewritten(before)).toBe(`${expected}\n`);
  });

  it('is the same message where there is nothing to add', () => {
    const message = Message.of({ id: 1, method: 'a' });
    expect(withMeta(message, {})).toBe(message);
  });
});
