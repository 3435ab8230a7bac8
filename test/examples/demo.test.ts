import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'toolfuse-demo-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Starts the demo as a newcomer does, with a place of its own for temporary folders. */
function start(...nodeOptions: string[]): {
  child: ChildProcess;
  output: Promise<string>;
  errors: Promise<string>;
} {
  const child = spawn(process.execPath, [...nodeOptions, '--import', 'tsx', 'examples/demo.ts'], {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, output: text(child.stdout), errors: text(child.stderr) };
}

const serversIn = (output: string): number[] =>
  [...output.matchAll(/started.* \(process(?:es)? (\d+)(?: and (\d+))?\)/g)]
    .flatMap(([, ...pids]) => pids.filter((pid) => pid !== undefined))
    .map(Number);

/** Whether a process runs. One that has ended, and that nobody has buried yet, does not. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

const foldersLeft = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('toolfuse-demo-'));

describe('the demo', () => {
  let output = '';
  let lines: string[] = [];
  let exitCode: unknown;
  const count = (part: RegExp): number => lines.filter((line) => part.test(line)).length;

  beforeAll(async () => {
    let errors = '';
    // It tells its story in real time, and says so where it did not come true, as on a machine that is busy for a while.
    for (let runs = 0; runs === 0 || (runs < 4 && errors.startsWith('The demo did not go as told')); runs++) {
      const demo = start();
      [exitCode] = await once(demo.child, 'exit');
      output = await demo.output;
      errors = await demo.errors;
    }
    lines = output.trimEnd().split('\n');
    expect(errors).toBe('');
  });

  it('ends well', () => {
    expect(exitCode, output).toBe(0);
  });

  it('is plain and narrow where it is not a terminal', () => {
    expect(output).not.toContain('\u001b');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('tells each part of the story, in this order', () => {
    const story = [
      /server +started/,
      /read_text_file monday: done/,
      /The server hangs/,
      /read_text_file .* failed after .* timed out/,
      /read_text_file OPENED after 2 failures/,
      /read_text_file .* DENIED, not called; come back in [\d.]+ m?s \(timed out\)/,
      /search_files OPENED/,
      /The server dies/,
      /write_file .* failed after .* (Connection closed|Not connected)/,
      /write_file OPENED/,
      /read_text_file OPENED AGAIN, its probe failed: its calls are denied for 4 s/,
      /registry +PAUSED: 3 circuits open: /,
      /agent +asks: /,
      /server +started again/,
      // In which order the circuits close depends on how long the server takes to start.
      /read_text_file CLOSED/,
      /The work is finished/,
      /write_file CLOSED/,
      /report\.md on the disk has what the notes of all 5 days say/,
      /The same without code/,
      /server +started twice/,
      /Both servers hang/,
      /without +tuesday\.md: failed after .* timed out/,
      /files read +1 of 5 +5 of 5/,
    ];
    story.reduce((from, part) => {
      const at = lines.findIndex((line, index) => index >= from && part.test(line));
      expect(at, `${part} after line ${from} of\n${output}`).toBeGreaterThanOrEqual(from);
      return at + 1;
    }, 0);
  });

  it.each(['read_text_file', 'search_files', 'write_file'])(
    'takes the circuit of %s through its states',
    (tool) => {
      const states = lines.flatMap((line) => {
        const [, state] =
          new RegExp(`circuit +${tool} (OPENED AGAIN|OPENED|HALF-OPEN|CLOSED)`).exec(line) ?? [];
        return state ?? [];
      });
      expect(states.join(', ')).toMatch(/^OPENED, (HALF-OPEN, OPENED AGAIN, )*HALF-OPEN, CLOSED$/);
    },
  );

  it('says that the pause is over as soon as a circuit may try again, be the server back or not', () => {
    const [asks, halfOpen, resumed] = [/agent +asks: /, /search_files HALF-OPEN/, /registry +RESUMED/].map(
      (part) => lines.findIndex((line) => part.test(line)),
    );
    expect(halfOpen).toBeGreaterThan(asks ?? Infinity);
    expect(resumed).toBe((halfOpen ?? 0) + 1);
  });

  it('adds up what its timeline shows', () => {
    const [made, done, failed] =
      output
        .match(/(\d+) calls made: (\d+) done, (\d+) failed/)
        ?.slice(1)
        .map(Number) ?? [];
    expect(done).toBe(count(/agent .*: done in/));
    expect(failed).toBe(count(/agent .*: failed after/));
    expect(made).toBe((done ?? 0) + (failed ?? 0));

    const denied = count(/ DENIED, /);
    expect(denied).toBeGreaterThan(0);
    expect(output).toContain(`\n${denied} calls denied`);
    const parts = [...output.matchAll(/^ {2}(\d+) (?:while|after)/gm)].map(([, number]) => Number(number));
    expect(parts).toHaveLength(3);
    expect(parts.reduce((sum, part) => sum + part)).toBe(denied);

    const [, hung, typical = '', saved = ''] =
      /(\d+) while the server hung\. .*?x ([\d.]+ m?s) .* = ([\d.]+ m?s) not waited/.exec(output) ?? [];
    // Both are rounded: to a millisecond, or from a second on to a tenth of one.
    const roundedBy = (span: string): number => (span.endsWith(' ms') ? 0.000_5 : 0.05);
    const secondsOf = (span: string): number => Number.parseFloat(span) / (span.endsWith(' ms') ? 1_000 : 1);
    const difference = Math.abs(secondsOf(saved) - Number(hung) * secondsOf(typical));
    expect(difference).toBeLessThan(Number(hung) * roundedBy(typical) + roundedBy(saved) + 1e-9);
  });

  it('adds up what two agents did side by side', () => {
    const sums = (row: RegExp): string[] => output.match(row)?.slice(1) ?? [];
    for (const [index, who] of ['without', 'with'].entries()) {
      const told = (what: string): number => count(new RegExp(`^ *[\\d.]+ s {2}${who} .*: ${what}`));
      expect(sums(/files read +(\d+) of 5 +(\d+) of 5/)[index]).toBe(`${told('done')}`);
      expect(sums(/calls wasted +(\d+) +(\d+)/)[index]).toBe(`${told('failed')}`);
      expect(sums(/calls refused at once +(\d+) +(\d+)/)[index]).toBe(`${told('REFUSED')}`);
    }
    expect(count(/ with .*: REFUSED/)).toBeGreaterThan(0);
  });

  it('leaves no server and no folder behind', () => {
    expect(serversIn(output)).toHaveLength(4);
    expect(serversIn(output).filter(isAlive)).toEqual([]);
    expect(foldersLeft()).toEqual([]);
  });
});

describe('a demo that does not come to its end', () => {
  it('leaves nothing behind when it is interrupted while the server hangs', async () => {
    const { child, output } = start();
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('The server hangs')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const servers = serversIn(await output);
    expect(servers).toHaveLength(1);
    // The kill is on its way when the demo ends.
    await expect.poll(() => servers.filter(isAlive)).toEqual([]);
    expect(foldersLeft()).toEqual([]);
  });

  it('says what was not true when its story did not happen', async () => {
    // Signals do nothing, so that the server never hangs or dies.
    const { child, output, errors } = start('--import', 'data:text/javascript,process.kill = () => true');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(await errors).toContain('The demo did not go as told. Not true: the registry paused.');
    expect(serversIn(await output).filter(isAlive)).toEqual([]);
    expect(foldersLeft()).toEqual([]);
  });
});
