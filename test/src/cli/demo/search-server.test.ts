import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { categorize } from 'toolfuse';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SearchServer, startSearchServer } from '../../../../src/cli/demo/search-server.ts';

async function started(limitMs: number): Promise<SearchServer> {
  const server = await startSearchServer(limitMs);
  onTestFinished(() => server.stop());
  return server;
}

/** Resolves when a server of this process has got a request. */
const firstRequest = (): Promise<void> =>
  new Promise((resolve) => {
    const channel = 'http.server.request.start';
    subscribe(channel, function onRequest() {
      unsubscribe(channel, onRequest);
      resolve();
    });
  });

describe('the search server of the demo', () => {
  it('answers', async () => {
    const { search } = await started(60_000);
    expect(await search('by whom?')).toBe('found by whom?');
  });

  it('lets calls run into their time limit while it hangs', async () => {
    const { search, hang } = await started(10);
    hang();
    const error = await search('where').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'no answer within 10 ms' });
    expect(categorize(error)).toBe('timeout');
  });

  it('breaks off waiting calls when it is started again, and answers the next', async () => {
    const { search, hang, recover } = await started(60_000);
    hang();
    const arrived = firstRequest();
    const waiting = search('where').catch((reason: unknown) => reason);
    await arrived;
    recover();
    expect(await waiting).toMatchObject({ message: 'socket hang up' });
    expect(await search('where')).toBe('found where');
  });
});
