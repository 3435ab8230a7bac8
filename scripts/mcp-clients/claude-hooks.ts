/** Whether the command hooks of `toolfuse hook` do in a real Claude Code what docs/claude-code.md says of them. */

import { type Check, readOf } from './check.ts';
import type { AskedCall } from './fake-model.ts';
import type { McpClient } from './mcp-client.ts';
import { noteTool, Rig } from './rig.ts';

const note: AskedCall = { tool: noteTool, arguments: { query: 'a' } };
const exits: AskedCall = { tool: 'Bash', arguments: { command: 'exit 3' } };

/** A backoff that outlasts the start of a client on a busy machine, and one that does not outlast any. In ms. */
const long = ['--min-backoff', '120000'];
const short = ['--min-backoff', '100'];

export async function checkHooks(client: McpClient): Promise<Check[]> {
  const rig = await Rig.start(client);
  const checks: Check[] = [];
  const check = async (
    name: string,
    calls: readonly AskedCall[],
    expected: readonly string[],
  ): Promise<void> => {
    const conversation = await rig.converse(calls);
    const outcome = calls.map(({ tool }, index) =>
      tool === 'Bash' && conversation.results[index]?.includes('Exit code 3')
        ? 'ran'
        : readOf(conversation, index),
    );
    checks.push({ name, expected: expected.join(', '), outcome: outcome.join(', '), seen: conversation });
  };
  const useHooks = async (...options: readonly string[]): Promise<void> =>
    rig.write('.claude/settings.json', await rig.toolfuse('hook', '--settings', ...options));
  try {
    await rig.addServers();
    await useHooks(...long);
    rig.plan('fails');
    const four = ['failed', 'failed', 'failed', 'refused, with a time'];
    await check('a tool that fails', [note, note, note, note], four);
    rig.plan('works');
    await check('the same in the next session, within the backoff', [note], ['refused, with a time']);
    await check('a command that fails', Array(5).fill(exits), Array(5).fill('ran'));
    await useHooks(...short, '--state', `${rig.home}/short.json`);
    rig.plan('fails');
    await check('a tool that fails, with a short backoff', [note, note, note], four.slice(0, 3));
    rig.plan('works');
    await check('the next session, after the backoff', [note, note], ['answered', 'answered']);
  } catch (error) {
    checks.push({ name: 'all', expected: 'no error', outcome: 'an error', seen: error });
  } finally {
    rig.close();
  }
  return checks;
}
