import { realpathSync } from 'node:fs';
import type { HookInput } from '../claude-agent/hook-types.ts';
import { answerHook } from './hook/answer-hook.ts';
import { defaultMatch, readHookOptions } from './hook/hook-options.ts';

const help = `toolfuse hook: circuit breakers for the tools of Claude Code, as its command hooks.

  toolfuse hook --settings [options]     print what is to go into its settings.json
  toolfuse hook [options]                answer one event, which Claude Code gives on standard input

It guards tools that no proxy sees: those of MCP servers of plugins or of an account, WebFetch, WebSearch.
A call of a tool that keeps failing, or of a server that is down, is denied for a while, in words that the
model can act on. An allowed call gets no decision, so that your permissions rule.

  --state FILE               the circuits, for all sessions (default: a file of this user)
  --match REGEX              the whole names of the tools to guard (default ${defaultMatch})
  --failure-threshold N      failures in a row that open a circuit (default 3)
  --min-backoff MS           how long an open circuit refuses calls at first (default 15 000)
  --max-backoff MS           the longest time for which it refuses calls (default 120 000)
  --on-pause stop|ignore     whether the run is stopped, once, when too many tools are down (default stop)
  --settings                 print the hooks for settings.json, with these options
  --help                     print this

Whatever goes wrong in a hook, the call goes on: it exits with 1, which Claude Code only shows.`;

/** The longest event that is read, in bytes. Results of tools are in it. */
const maxInputBytes = 64 * 2 ** 20;

/** `toolfuse hook`: answers one event of Claude Code. An exit code of 2 would forbid the call, so no error has it. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const options = readHookOptions(args, process.env);
    if (options.help) return console.log(help);
    if (options.settings) {
      const { hookSettings } = await import('./hook/hook-settings.ts');
      const program = [process.execPath, realpathSync(process.argv[1] ?? '')];
      return console.log(JSON.stringify(hookSettings(program, args, options.match), null, 2));
    }
    const answer = await answerHook(await readInput(), options);
    // Claude Code waits for the end of the process, which nothing may hold up.
    if (Object.keys(answer).length === 0) process.exit();
    process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
  } catch (error) {
    console.error(`toolfuse hook: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

/** @throws Error for anything but a JSON object. */
async function readInput(): Promise<HookInput> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxInputBytes) throw new Error(`the event is longer than ${maxInputBytes} bytes`);
    chunks.push(chunk);
  }
  const input: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof input !== 'object' || input === null) throw new Error('the event is no JSON object');
  return input;
}
