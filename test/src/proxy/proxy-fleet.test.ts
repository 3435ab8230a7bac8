import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, startRedis } from '../../support/redis-server.ts';
import { FaultServer } from './support/fault-server.ts';
import { denialOf, ProxySession } from './support/session.ts';

const command = fileURLToPath(new URL('../../../dist/cli/index.js', import.meta.url));
const run = promisify(execFile);

// A real redis-server, which `npm test` installs where it can.
describe.skipIf(!hasRedis)('proxies of one server in a fleet', () => {
  it('open a circuit for all once enough of them have tripped, and the command shows it', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.kill());
    await using server = new FaultServer();
    const backoffs = ['--min-backoff', '60000', '--max-backoff', '60000'];
    const options = ['--fleet', redis.url, '--fleet-command', '--name', 'faults', '--failure-threshold', '1'];
    await using one = await ProxySession.open(server, ...options, ...backoffs);
    await using two = await ProxySession.open(server, ...options, ...backoffs);
    await using third = await ProxySession.open(server, ...options, ...backoffs);
    for (const session of [one, two]) await session.call('fail', { words: 'HTTP 503' });

    await expect
      .poll(async () =>
        denialOf(await third.call('fail', { words: 'not a failure of the tool: bad arguments' })),
      )
      .toMatchObject({ tool: 'fail', executed: false });
    expect(await third.say('echo', { words: 'x' })).toBe('x');

    const { stdout } = await run(process.execPath, [command, 'fleet', '--status', '--fleet', redis.url]);
    expect(stdout).toMatch(/^fleet mcp:faults: 3 members$/m);
    expect(stdout).toMatch(/fail\b.*open/);
  });

  it('is said to be out of reach where nothing answers', async () => {
    const args = [command, 'fleet', '--status', '--fleet', 'redis://127.0.0.1:1'];
    await expect(run(process.execPath, args)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^toolfuse: the fleet cannot be seen: .*ECONNREFUSED/),
    });
  });
});
