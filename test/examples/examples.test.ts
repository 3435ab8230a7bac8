import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs an example as a newcomer does. A failure rejects with what it printed. */
async function run(example: string): Promise<{ lines: string[]; tookMs: number }> {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', example], {
    cwd: root,
    timeout: 60_000,
  });
  return { lines: stdout.trimEnd().split('\n'), tookMs: performance.now() - startedAt };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('examples/first-steps.ts', () => {
  it('prints what README.md says: a tool fails, trips, is denied and recovers', {
    timeout: 60_000,
  }, async () => {
    const { lines } = await run('examples/first-steps.ts');
    const [, printed] =
      readFileSync(`${root}README.md`, 'utf8').match(/^It prints:\n\n```\n(.*?)\n```/ms) ?? [];
    expect(lines).toEqual(printed?.split('\n'));
    expect(printed).toContain('The call did not run.');
  });
});

describe('examples/demo.ts', () => {
  it('tells how a real server hangs, dies and comes back', { timeout: 90_000 }, async () => {
    const { lines, tookMs } = await run('examples/demo.ts');
    const text = lines.join('\n');
    expect(tookMs).toBeLessThan(60_000);
    expect(text, 'plain where it is not a terminal').not.toContain('\u001b');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);

    // Each part of the story is told, and in this order.
    const story = [
      /server +started/,
      /agent +write_file done/,
      /server +hangs/,
      /agent +list_directory failed .*timed out/,
      /circuit +list_directory opened for 3 s \(timeout\)/,
      /agent +list_directory DENIED: the call was not made, come back in \d\.\d s/,
      /server +killed/,
      /circuit +\w+ opened for 3 s \(network\)/,
      /registry +PAUSED: 3 circuits open: /,
      /server +started/,
      /registry +RESUMED/,
      /circuit +\w+ closed/,
      /The work is done/,
    ];
    story.reduce((from, part) => {
      const at = lines.findIndex((line, index) => index >= from && part.test(line));
      expect(at, `${part} after line ${from} of\n${text}`).toBeGreaterThanOrEqual(from);
      return at + 1;
    }, 0);

    // The sums are those of the lines above them.
    const count = (part: RegExp): number => lines.filter((line) => part.test(line)).length;
    const [, made, failed, meanMs] =
      text.match(/(\d+) calls made, (\d+) of them failed, after (\d+) ms/)?.map(Number) ?? [];
    const denied = count(/ DENIED: /);
    expect(failed).toBe(count(/agent +\w+ failed after/));
    expect(made).toBe(count(/agent +\w+ (failed after|done in)/));
    expect(denied).toBeGreaterThan(0);
    expect(text).toContain(`${denied} calls not made.`);
    expect(text).toContain(` s not waited: ${denied} x ${meanMs} ms.`);

    const servers = [...text.matchAll(/started \(process (\d+)\)/g)].map(([, pid]) => Number(pid));
    expect(servers).toHaveLength(2);
    expect(servers.filter(isAlive)).toEqual([]);
  });
});
