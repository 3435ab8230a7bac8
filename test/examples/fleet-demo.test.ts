import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasRedis } from '../support/redis-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the demo as a newcomer does. */
const run = (env: NodeJS.ProcessEnv = process.env) =>
  promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'examples/index.ts', 'fleet', '--processes', '4'],
    { cwd: root, env },
  );

describe('the demo of a fleet', () => {
  it.skipIf(!hasRedis)('shows what a fleet saves, and that it survives its Redis', async () => {
    const { stdout, stderr } = await run();
    expect(stderr).toBe('');
    const rows = [
      ...stdout.matchAll(/^(each process alone|a fleet\b.*?) {2,}(\d+) +(\d+) +(\d+) +(\d+)$/gm),
    ].map(([, name, ...figures]) => [name, ...figures.map(Number)] as const);
    const [alone, fleet, killed] = rows;
    expect(rows.map(([name]) => name)).toEqual([
      'each process alone',
      'a fleet on one Redis',
      'a fleet, Redis killed in the middle',
    ]);
    expect(fleet?.[1]).toBeLessThan(Number(alone?.[1]));
    expect(fleet?.[2]).toBeLessThan(Number(alone?.[2]));
    expect(rows.map(([, , , , others]) => others)).toEqual([0, 0, 0]);
    expect(Number(killed?.[3])).toBeGreaterThan(0);
    expect(stdout.match(/every circuit is closed again/g)).toHaveLength(3);
  });

  it('says what to do where there is no redis-server', async () => {
    await expect(run({ ...process.env, PATH: '/nowhere' })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('apt-get install redis-server'),
    });
  });
});
