import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { behindProxy } from './support/connections.ts';
import { RawClient } from './support/raw-client.ts';

const mirror = fileURLToPath(new URL('fixtures/mirror.mjs', import.meta.url));

/** Messages that a client or a server may send, written in ways that a parser would not reproduce. */
const lines = [
  // Order, white space, numbers and escapes that are lost in parsing.
  '{"method":"notifications/x","jsonrpc":"2.0","params":{"b":1,"a":2}}',
  '  { "jsonrpc" : "2.0" , "method" : "notifications/x" , "params" : { } }  ',
  '{"jsonrpc":"2.0","method":"notifications/x","params":{"n":12345678901234567890,"f":1.10,"e":1E3,"z":-0}}',
  '{"jsonrpc":"2.0","method":"notifications/x","params":{"u":"\\u00fc\\/\\ud83e\\udd8a","raw":"ü🦊\u2028"}}',
  '{"jsonrpc":"2.0","method":"notifications/x","params":{"a":1,"a":2},"params":{"a":3}}',
  '{"jsonrpc":"2.0","method":"notifications/x","params":{"__proto__":{"x":1},"constructor":null}}',
  // Methods, versions and members of the future.
  '{"jsonrpc":"3.0","method":"tools/call2","params":[1,2],"extra":{"deep":[[[[[]]]]]}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{"odd":true},"progress":1}}',
  // Unrequested answers are the server's to refuse: this request comes back, and then answers itself.
  '{"jsonrpc":"2.0","id":"toolfuse-1","method":"example.org/ask","params":{"_meta":{"progressToken":1}}}',
  '{"jsonrpc":"2.0","id":1.5,"method":"tools/list","params":{"_meta":{"x":[null]}}}',
  '{"jsonrpc":"2.0","id":-9007199254740993,"method":"example.org/big"}',
  '{"jsonrpc":"2.0","id":"\\u0031","method":"example.org/escaped"}',
  `{"jsonrpc":"2.0","method":"notifications/x","params":{"long":"${'ü"\\u2028'.replaceAll('"', '\\"').repeat(200_000)}"}}`,
];

describe('what passes the proxy', () => {
  it.each(lines.map((line) => [line.trim().slice(0, 100), line]))(
    'is the same to the letter: %s',
    async (_, line) => {
      const client = new RawClient(behindProxy([process.execPath, mirror]));
      try {
        client.writeLine(line);
        await client.waitFor('the line', () => true);
        expect(client.lines).toEqual([line]);
      } finally {
        await client.stop();
      }
    },
  );

  it('arrives in the order in which it was sent, a thousand lines at once', async () => {
    const client = new RawClient(behindProxy([process.execPath, mirror]));
    const sent = Array.from(
      { length: 1_000 },
      (_, index) =>
        `{"jsonrpc":"2.0","method":"notifications/x","params":{"i":${index},"x":"${'y'.repeat(index)}"}}`,
    );
    try {
      client.writeLine(sent.join('\n'));
      await client.waitFor('the last line', ({ params }) => params?.i === 999);
      expect(client.lines).toEqual(sent);
    } finally {
      await client.stop();
    }
  });

  it('ends with the last line, even if its line break is missing', async () => {
    const client = new RawClient(behindProxy([process.execPath, mirror]));
    client.writeLine('{"jsonrpc":"2.0","method":"notifications/x"}');
    expect(await client.endInput()).toBe(0);
    expect(client.lines).toEqual(['{"jsonrpc":"2.0","method":"notifications/x"}']);
  });
});
