import { expect, it } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { tellMessages } from '../../../../src/proxy/wire/message-listener.ts';

/** What a listener receives for a line. */
function told(text: string): string[] {
  const all: string[] = [];
  tellMessages(Line.of(text), {
    onMessage: ({ id, method }) => all.push(`message ${id} ${method}`),
    onGarbage: (line) => all.push(`garbage ${line.bytes.toString().trim()}`),
    onLongLine: () => all.push('long line'),
  });
  return all;
}

it.each([
  ['a message', '{"id":1,"method":"ping"}', ['message 1 ping']],
  ['a batch', '[{"id":1,"method":"ping"},{"method":"x"}]', ['message 1 ping', 'message undefined x']],
  ['a line of something else', 'Listening on port 80', ['garbage Listening on port 80']],
  ['a batch that holds something else', '[{"id":1},2]', ['garbage [{"id":1},2]']],
])('tells %s', (_, text, expected) => {
  expect(told(text)).toEqual(expected);
});
