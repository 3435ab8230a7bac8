import { expect, it } from 'vitest';
import { OpenSessions } from '../../../src/proxy/open-sessions.ts';
import type { Session } from '../../../src/proxy/session/session.ts';

/** As much of a session as is asked here. */
class Fake {
  pending = 0;
  isServerReady = true;
  readonly heard: string[] = [];
  end = (): void => {};
  signal = (name: string): void => void this.heard.push(name);
  announceTools = (): void => void this.heard.push('tools');
  close = (): Promise<void> =>
    new Promise((resolve) => {
      this.heard.push('close');
      this.end = resolve;
    });
  get session(): Session {
    return this as unknown as Session;
  }
}

function open(...fakes: Fake[]): OpenSessions {
  const sessions = new OpenSessions();
  for (const { session } of fakes) sessions.add(session);
  return sessions;
}

it('counts what is open, what it waits for, and whether every server is there', () => {
  const [one, other] = [new Fake(), new Fake()];
  const sessions = open(one, other);
  one.pending = 2;
  other.pending = 3;
  expect(sessions.figures()).toEqual({ sessions: 2, pending: 5, isUp: true });
  other.isServerReady = false;
  expect(sessions.figures()).toEqual({ sessions: 2, pending: 5, isUp: false });
  void sessions.close(other.session);
  expect(sessions.figures()).toEqual({ sessions: 1, pending: 2, isUp: true });
});

it('passes a signal on to a server that is still ending, until it has ended', async () => {
  const [one, ending] = [new Fake(), new Fake()];
  const sessions = open(one, ending);
  const closing = sessions.close(ending.session);
  sessions.signal('SIGHUP');
  ending.end();
  await closing;
  sessions.signal('SIGINT');
  expect(one.heard).toEqual(['SIGHUP', 'SIGINT']);
  expect(ending.heard).toEqual(['close', 'SIGHUP']);
});

it('ends when every server has ended, also those of sessions that were closed before', async () => {
  const [one, ending] = [new Fake(), new Fake()];
  const sessions = open(one, ending);
  void sessions.close(ending.session);
  let hasEnded = false;
  const all = sessions.closeAll().then(() => {
    hasEnded = true;
  });
  one.end();
  await new Promise(setImmediate);
  expect(hasEnded).toBe(false);
  ending.end();
  await all;
  expect([one.heard, ending.heard]).toEqual([['close'], ['close']]);
});

it('announces a changed list of tools once in a turn, to the sessions that are open', async () => {
  const [one, ended] = [new Fake(), new Fake()];
  const sessions = open(one, ended);
  sessions.announceToolsSoon();
  sessions.announceToolsSoon();
  void sessions.close(ended.session);
  await new Promise(setImmediate);
  expect([one.heard, ended.heard]).toEqual([['tools'], ['close']]);
  sessions.announceToolsSoon();
  await new Promise(setImmediate);
  expect(one.heard).toEqual(['tools', 'tools']);
});
