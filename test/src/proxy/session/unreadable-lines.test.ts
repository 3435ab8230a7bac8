import { beforeEach, describe, expect, it } from 'vitest';
import { ProxyLog } from '../../../../src/proxy/log.ts';
import { UnreadableLines } from '../../../../src/proxy/session/unreadable-lines.ts';
import { Line } from '../../../../src/proxy/wire/line.ts';
import type { LongLine } from '../../../../src/proxy/wire/line-reader.ts';
import type { Message } from '../../../../src/proxy/wire/message.ts';

let logged: Record<string, unknown>[];
let told: unknown[];
let waited: Set<string>;
let lines: UnreadableLines;

const parsed = (message: Message): unknown => JSON.parse(message.line.bytes.toString());

beforeEach(() => {
  logged = [];
  told = [];
  waited = new Set();
  lines = new UnreadableLines({
    log: new ProxyLog({
      format: 'json',
      write: (line) => logged.push(JSON.parse(line)),
      now: () => new Date(0),
      server: 'test',
      colours: false,
    }),
    toClient: (message) => told.push({ toClient: parsed(message) }),
    toServer: (message) => told.push({ toServer: parsed(message) }),
    onAnswerTooLong: (id, why) => told.push({ id, why }),
    settle: (id) => waited.delete(id),
  });
});

const long = (text: string): LongLine => ({
  head: Buffer.from(text.slice(0, 60)),
  tail: Buffer.from(text.slice(-60)),
  length: 5e7,
});
const request = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"text":"${'x'.repeat(100)}"}}`;
const answer = `{"jsonrpc":"2.0","id":7,"result":{"text":"${'x'.repeat(100)}"}}`;
const why = 'a message of 50000000 bytes is too long to be passed on (see --max-message-mb)';
const refusal = (code: number): unknown => ({ jsonrpc: '2.0', id: 7, error: { code, message: why } });

describe('a line that is no message', () => {
  it('is logged by its beginning', () => {
    lines.garbage('server', Line.of(`Listening on port 80 ${'.'.repeat(300)}`));
    expect(logged).toMatchObject([{ event: 'message.garbage', from: 'server' }]);
    expect(logged[0]?.begins).toHaveLength(200);
  });

  it.each(['{"token":"secret"', '["secret"', '"secret'])(
    'is logged without it where it may be a message that broke off, and so hold secrets: %s',
    (text) => {
      lines.garbage('client', Line.of(text));
      expect(logged).toMatchObject([{ event: 'message.garbage', from: 'client', begins: null }]);
    },
  );

  it('is passed over where it is empty', () => {
    lines.garbage('client', Line.of('  \t'));
    expect(logged).toEqual([]);
  });
});

describe('a message that is too long to be passed on', () => {
  it.each(['client', 'server'] as const)('is answered where it is a request of the %s', (from) => {
    lines.tooLong(from, long(request));
    expect(told).toEqual([{ [from === 'client' ? 'toClient' : 'toServer']: refusal(-32_600) }]);
    expect(logged).toMatchObject([{ event: 'message.tooLong', from, bytes: 5e7 }]);
  });

  it('is told to the request that it answers', () => {
    lines.tooLong('server', long(answer));
    expect(told).toEqual([{ id: '7', why }]);
  });

  it('is an error for the server that waits for it, and nothing for one that does not', () => {
    lines.tooLong('client', long(answer));
    expect(told).toEqual([]);
    waited.add('7');
    lines.tooLong('client', long(answer));
    expect(told).toEqual([{ toServer: refusal(-32_000) }]);
  });

  it('is only logged where nobody waits for an answer', () => {
    lines.tooLong('server', long(answer.replace('"id":7,', '')));
    expect(told).toEqual([]);
    expect(logged).toHaveLength(1);
  });
});
