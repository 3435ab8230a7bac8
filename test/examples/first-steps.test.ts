import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs an example as a newcomer does. A failure rejects with what it printed. */
async function run(example: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', example], {
    cwd: root,
  });
  return stdout.trimEnd().split('\n');
}

describe('examples/first-steps.ts', () => {
  it('prints what README.md says: a tool fails, trips, is denied and recovers', async () => {
    const lines = await run('examples/first-steps.ts');
    const [, printed] =
      readFileSync(`${root}README.md`, 'utf8').match(/^It prints:\n\n```\n(.*?)\n```/ms) ?? [];
    expect(lines).toEqual(printed?.split('\n'));
    expect(printed).toContain('The call did not run.');
  });
});
