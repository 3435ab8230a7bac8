import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProperty } from '../../support/property.ts';
import { behindProxy } from './support/connections.ts';
import { initialize } from './support/explore.ts';
import { FaultServer } from './support/fault-server.ts';
import { RawClient, type RawMessage } from './support/raw-client.ts';

/** What may happen to a server and its client, in any order. */
const happening = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ call: 'echo', args: { words: 'x' } } as const) },
  { weight: 4, arbitrary: fc.constant({ call: 'hang', args: {} } as const) },
  { weight: 4, arbitrary: fc.constant({ call: 'fail', args: { words: 'HTTP 503' } } as const) },
  { weight: 2, arbitrary: fc.constant({ call: 'large', args: { bytes: 300_000 } } as const) },
  { weight: 1, arbitrary: fc.constant({ call: 'exit', args: { code: 1 } } as const) },
  { weight: 4, arbitrary: fc.constant({ request: 'tools/list' } as const) },
  { weight: 3, arbitrary: fc.constant({ request: 'example.org/unknown' } as const) },
  { weight: 2, arbitrary: fc.constant({ cancel: true } as const) },
  { weight: 1, arbitrary: fc.constant({ signal: 'SIGKILL' } as const) },
  { weight: 1, arbitrary: fc.constant({ signal: 'SIGSTOP' } as const) },
  { weight: 8, arbitrary: fc.record({ waitMs: fc.integer({ min: 0, max: 120 }) }) },
);

const isAnswer = (message: RawMessage): boolean => message.method === undefined && message.id !== undefined;

describe('whatever happens to a server', () => {
  it('each request has one answer, and calls work again in the end', async () => {
    await checkProperty(
      fc.asyncProperty(fc.array(happening, { minLength: 40, maxLength: 120 }), async (happenings) => {
        await using server = new FaultServer();
        const options = ['--timeout', '400', '--min-backoff', '100', '--max-backoff', '200'];
        // A server that is stopped during its start may take this long.
        options.push('--start-timeout', '5000');
        const client = new RawClient(behindProxy(server.command, ...options));
        try {
          await initialize(client);
          const asked = new Set<number>();
          const cancelled = new Set<number>();
          const ask = (method: string, params: Record<string, unknown>): void => {
            const id = client.nextId();
            asked.add(id);
            client.write({ id, method, params });
          };
          for (const each of happenings) {
            if ('call' in each) ask('tools/call', { name: each.call, arguments: each.args });
            else if ('request' in each) ask(each.request, {});
            else if ('waitMs' in each) await new Promise((resolve) => setTimeout(resolve, each.waitMs));
            else if ('signal' in each) signal(server, each.signal);
            else {
              const last = [...asked].at(-1);
              if (last === undefined) continue;
              cancelled.add(last);
              client.notify('notifications/cancelled', { requestId: last, reason: 'enough' });
            }
          }
          const works = (): Promise<RawMessage> =>
            client.request('tools/call', { name: 'pid', arguments: {} });
          await expect.poll(async () => (await works()).result?.isError, { interval: 100 }).toBeUndefined();
          // A cancelled request may still have an answer, if the answer was faster.
          for (const id of asked) if (!cancelled.has(id)) await client.answerTo(id);
          const answers = client.messages.filter(isAnswer).map(({ id }) => id);
          expect(new Set(answers).size).toBe(answers.length);
          for (const id of answers) expect(typeof id).toBe('number');
        } finally {
          await client.stop();
        }
      }),
      { atLeast: 4, atMost: 4, endOnFailure: true },
    );
  });
});

/** Signals the current run, if there is one. */
function signal(server: FaultServer, name: NodeJS.Signals): void {
  if (server.runs.length === 0) return;
  try {
    server.signal(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
