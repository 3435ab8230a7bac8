/**
 * What a command hook costs: `npm run hook:cost`. Each line is the median, and the worst, of several runs of the built command, beside
 * Node.js that does nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = 15;
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-hook-cost-'));
const state = join(folder, 'state.json');
let ids = 0;

function run(args: readonly string[], input = ''): number {
  const before = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { input });
  if (status !== 0) throw new Error(stderr.toString());
  return performance.now() - before;
}

const event = (name: string, more: object = {}): string =>
  JSON.stringify({ hook_event_name: name, tool_name: 'mcp__srv__search', tool_use_id: `${++ids}`, ...more });
const hook = (input: string): number =>
  run(['dist/cli/index.js', 'hook', '--state', state, '--failure-threshold', '4'], input);

function measure(what: string, once: () => number): void {
  // The first run fills the cache of compiled code.
  once();
  const times = Array.from({ length: rounds }, once).sort((a, b) => a - b);
  console.log(
    `${what.padEnd(44)}${(times[rounds >> 1] ?? 0).toFixed(0).padStart(5)} ms   (${(times[rounds - 1] ?? 0).toFixed(0)})`,
  );
}

try {
  console.log(`median and (worst) of ${rounds} runs`);
  measure('node -e 0', () => run(['-e', '0']));
  measure('a tool that is not guarded', () => hook(event('PreToolUse', { tool_name: 'Bash' })));
  measure('a call of a healthy tool, before', () => hook(event('PreToolUse')));
  measure('a call of a healthy tool, after', () => hook(event('PostToolUse')));
  measure('a call that failed', () => hook(event('PostToolUseFailure', { error: 'it broke' })));
  measure('a call that is denied', () => hook(event('PreToolUse')));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
