import { beforeEach, describe, expect, it } from 'vitest';
import { OwnRequests } from '../../../../src/proxy/server/own-requests.ts';
import type { ServerConnection, ServerEvents } from '../../../../src/proxy/server/server-connection.ts';
import { ServerRun } from '../../../../src/proxy/server/server-run.ts';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';

let heard: string[];
let written: Message[];
let own: OwnRequests;
let says: ServerEvents;
let run: ServerRun;

const connection: ServerConnection = {
  write: (message) => written.push(message) > 0,
  pause: () => {},
  resume: () => {},
  agreeOn: () => {},
  close: () => Promise.resolve(),
};
const message = Message.of({ method: 'notifications/x' });
const request = Message.of({ id: 1, method: 'tools/list' });

beforeEach(() => {
  heard = [];
  written = [];
  own = new OwnRequests();
  run = new ServerRun({
    own,
    connect: (events) => {
      says = events;
      return connection;
    },
    events: {
      onMessage: ({ method }) => heard.push(`message ${method}`),
      onGarbage: () => heard.push('garbage'),
      onLongLine: () => heard.push('long'),
      together: (tell) => tell(),
      onDrain: () => heard.push('drain'),
      onUndelivered: ({ method }) => heard.push(`undelivered ${method}`),
      onEnd: ({ why, isReplaced }) => heard.push(`end ${why} ${isReplaced}`),
    },
  });
});

/** Everything that a connection can report. */
function sayAll(): void {
  says.onMessage(message);
  says.onGarbage(Line.of('x'));
  says.onLongLine({ head: Buffer.from('{'), tail: Buffer.from('}'), length: 2 });
  says.onDrain();
  says.onUndelivered(request, new Error('HTTP 500'));
  says.onEnd({ why: 'it exited' });
}

describe('a run of the server', () => {
  it('is heard until it ends, and not after', () => {
    sayAll();
    const all = [
      'message notifications/x',
      'garbage',
      'long',
      'drain',
      'undelivered tools/list',
      'end it exited false',
    ];
    expect(heard).toEqual(all);
    run.end();
    sayAll();
    expect(heard).toEqual(all);
  });

  it('is replaced at once only where it has served', () => {
    says.onEnd({ why: 'it forgot the session', isReplaced: true });
    run.served();
    says.onEnd({ why: 'it forgot the session', isReplaced: true });
    expect(heard).toEqual(['end it forgot the session false', 'end it forgot the session true']);
  });

  it('rejects a question of the proxy itself that did not reach it, and tells nobody else', async () => {
    const answer = run.ask('ping');
    says.onUndelivered(written[0] as Message, 'a broken pipe');
    await expect(answer).rejects.toThrow('a broken pipe');
    expect(heard).toEqual([]);
  });

  it('has come up once it has served, refused a request, or ended', async () => {
    const refusal = Object.assign(new Error('HTTP 404'), { status: 404 });
    for (const settle of [() => run.served(), () => says.onUndelivered(request, refusal), () => run.end()]) {
      run.write(request);
      settle();
      // It would be rejected otherwise: what was asked has no answer, and there is no time for one.
      await expect(run.comesUp(0)).resolves.toBeUndefined();
    }
  });
});
