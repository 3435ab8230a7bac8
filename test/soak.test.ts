import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('half a minute of 200 tools under thousands of concurrent calls, with real timers', () => {
  it('match an independent count, and leave flat memory and no timer or listener', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL('../scripts/soak.ts', import.meta.url)), '30'],
      { timeout: 120_000 },
    ).catch((error) => error as { stdout: string });
    expect(stdout).toMatch(/no fault\n$/);
    const figure = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(stdout)?.[1]);
    // Makes sure that the half minute was busy.
    expect(figure('calls')).toBeGreaterThan(10_000);
    expect(figure('denials')).toBeGreaterThan(1_000);
    expect(figure('trips')).toBeGreaterThan(100);
    expect(figure('recoveries')).toBeGreaterThan(100);
  }, 150_000);
});
