import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { programFile } from './support/program.ts';

describe('200 tools under thousands of concurrent calls, with real timers', () => {
  it('match an independent count, and leave flat memory and no timer or listener', async () => {
    // A few seconds of what `npm run soak` does for ten minutes.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      programFile('soak'),
      '4',
    ]).catch((error) => error as { stdout: string });
    expect(stdout).toMatch(/no fault\n$/);
    const figure = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(stdout)?.[1]);
    // Makes sure that the seconds were busy. Slow machines reach these counts as well.
    expect(figure('calls')).toBeGreaterThan(1_000);
    expect(figure('denials')).toBeGreaterThan(100);
    expect(figure('trips')).toBeGreaterThan(10);
    expect(figure('recoveries')).toBeGreaterThan(10);
  });
});
