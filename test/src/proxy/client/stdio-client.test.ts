import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { StdioClient } from '../../../../src/proxy/client/stdio-client.ts';
import type { Session } from '../../../../src/proxy/session/session.ts';
import type { Line } from '../../../../src/proxy/wire/line.ts';

/** A client on streams, and a session that only listens. */
function setUp(onLine: (client: StdioClient) => void = () => {}) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const heard: string[] = [];
  let ended = 0;
  let gone = 0;
  const client = new StdioClient({
    input,
    output,
    maxMessageBytes: 1_000_000,
    onInputEnd: () => {
      ended++;
    },
    onEnd: () => {
      gone++;
    },
  });
  const session = {
    fromClient: {
      onGarbage: (line: Line) => {
        heard.push(line.bytes.toString().trim());
        onLine(client);
      },
    },
    together: (tellLines: () => void) => tellLines(),
  };
  client.start(session as unknown as Session);
  return { input, output, client, heard, ended: () => ended, gone: () => gone };
}

it('passes nothing on while it is paused, and then everything, in order', async () => {
  const { input, client, heard } = setUp();
  client.pause();
  for (const line of ['a', 'b', 'c']) input.write(`${line}\n`);
  await turn();
  expect(heard).toEqual([]);
  client.resume();
  input.write('d\n');
  await turn();
  expect(heard).toEqual(['a', 'b', 'c', 'd']);
});

it('can be paused again by the first message after that', async () => {
  const { input, client, heard } = setUp((each) => each.pause());
  client.pause();
  for (const line of ['a', 'b']) {
    input.write(`${line}\n`);
    await turn();
  }
  client.resume();
  expect(heard).toEqual(['a']);
  client.resume();
  expect(heard).toEqual(['a', 'b']);
});

it('is noticed to have gone while it is paused, and its last messages are passed on', async () => {
  const { input, client, heard, ended } = setUp();
  client.pause();
  input.write('a\n');
  input.end('b');
  await turn();
  await turn();
  expect([heard, ended()]).toEqual([['a', 'b'], 1]);
});

it('is not buffered without limit', async () => {
  const { input, client } = setUp();
  client.pause();
  const megabyte = Buffer.alloc(1_000_000, 'x');
  for (let count = 0; count < 20; count++) {
    input.write(megabyte);
    await turn();
  }
  expect(input.isPaused()).toBe(true);
  expect(input.readableLength + input.writableLength).toBeGreaterThan(14_000_000);
});

it('is gone once it reads no more, even if it could still send something', async () => {
  const { output, ended, gone } = setUp();
  output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await turn();
  expect([ended(), gone()]).toEqual([0, 1]);
});
