import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { programFile } from '../../support/program.ts';
import type { Program } from '../../support/programs.ts';

/** Runs a program to its end. Real processes and real time, because these tests are about what keeps Node alive. */
async function run(program: Program): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [programFile(program)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  return { code, output };
}

describe('a process with open and half-open circuits', () => {
  it('exits by itself, at once', async () => {
    // Its backoffs of a day would keep it alive for longer than any test waits.
    const { code, output } = await run('waiting-process');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({ open: 'open', probed: 'halfOpen', isProbed: true });
  });
});

describe('a process that awaits a call that hangs', () => {
  it('lives until the time limit of the call, and while it waits for a recovery', async () => {
    const { code, output } = await run('hanging-process');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({ answer: 'given up', isAdmitted: true });
  });
});
