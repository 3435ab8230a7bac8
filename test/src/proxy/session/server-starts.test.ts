import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerStarts } from '../../../../src/proxy/session/server-starts.ts';

let link: { isReady: boolean; isReviving: boolean; revive: () => Promise<void> };
let circuits: {
  mayStart: boolean;
  serverAnswered: () => void;
  serverFailed: (why: string) => void;
};
let failures: unknown[];
let isWaitedFor: boolean;
let starts: ServerStarts;
let tries: number;

beforeEach(() => {
  vi.useFakeTimers();
  tries = 0;
  failures = [];
  isWaitedFor = true;
  link = {
    isReady: false,
    isReviving: false,
    revive: () => {
      tries++;
      return Promise.reject(new Error('it ends at once'));
    },
  };
  circuits = { mayStart: true, serverAnswered: vi.fn(), serverFailed: vi.fn() };
  const onFailed = (error: unknown): void => void failures.push(error);
  starts = new ServerStarts({ link, circuits, isWaitedFor: () => isWaitedFor, onFailed });
});
afterEach(() => vi.useRealTimers());

describe('a server that is to be started again', () => {
  it('is started at once, and its circuit hears that it answers', async () => {
    link.revive = () => Promise.resolve();
    starts.begin();
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.serverAnswered).toHaveBeenCalledOnce();
    expect(failures).toEqual([]);
  });

  it('is left alone while it is being started, or where its circuit decides when', () => {
    link.isReviving = true;
    starts.begin();
    link.isReviving = false;
    circuits.mayStart = false;
    starts.begin();
    expect(tries).toBe(0);
  });

  it('is tried again after 1 s, 2 s, 4 s and so on, up to 30 s, while its client waits', async () => {
    starts.begin();
    const at: number[] = [];
    for (let second = 1; second <= 121; second++) {
      const before = tries;
      await vi.advanceTimersByTimeAsync(1_000);
      if (tries > before) at.push(second);
    }
    expect(at).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
    expect(circuits.serverFailed).toHaveBeenCalledTimes(tries);
    expect(circuits.serverFailed).toHaveBeenCalledWith('it ends at once');
  });

  it('is tried again as soon as at first after it was there', async () => {
    starts.begin();
    await vi.advanceTimersByTimeAsync(7_000);
    starts.succeeded();
    await vi.advanceTimersByTimeAsync(8_000);
    const before = tries;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tries).toBe(before + 1);
  });

  it('is not tried again where nobody waits, where it is there meanwhile, or where the session has ended', async () => {
    isWaitedFor = false;
    starts.begin();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
    isWaitedFor = true;
    starts.beginSoon();
    link.isReady = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
    link.isReady = false;
    starts.beginSoon();
    starts.end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
  });
});
