/** What a real client does with servers that toolfuse stands before: one row of a table a client. */
import { isDeepStrictEqual } from 'node:util';
import type { AskedCall, Conversation } from './fake-model.ts';
import type { McpClient } from './mcp-client.ts';
import { noteTool, pageTool, Rig } from './rig.ts';

export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly outcome: string;
  /** What was seen, to be printed where it is not what was expected. */
  readonly seen: unknown;
}

const note: AskedCall = { tool: noteTool, arguments: { query: 'a' } };
const page: AskedCall = { tool: pageTool, arguments: { query: 'a' } };

/** What the model has read of a call, in one word. */
export function readOf({ results, missed }: Conversation, index: number): string {
  const words = results[index];
  if (words === undefined) return missed.length > 0 ? 'not offered' : 'nothing';
  if (words.includes('found 4')) return 'answered';
  if (!words.includes('The call did not run')) return words.includes('503') ? 'failed' : `reads ${words}`;
  return /within the next [\d.]+ (?:m?s|min)/.test(words) ? 'refused, with a time' : 'refused';
}

/** Servers of a configuration in JSON, whatever else its client has written there in between. */
const serversIn = (text: string): unknown =>
  (JSON.parse(text) as { readonly mcpServers?: unknown }).mcpServers;

export async function checkClient(client: McpClient): Promise<Check[]> {
  const rig = await Rig.start(client);
  const checks: Check[] = [];
  const check = (name: string, expected: string, outcome: string, seen: unknown = outcome): void => {
    checks.push({ name, expected, outcome, seen });
  };
  const list = (works: string): string =>
    client.list === undefined
      ? '–'
      : client.list.connected.source === client.list.failed.source
        ? 'listed'
        : works;
  const wrap = (...more: string[]): Promise<string> =>
    rig.toolfuse('mcp', 'wrap', '--client', client.id, ...more);
  const unwrap = (): Promise<string> => rig.toolfuse('mcp', 'unwrap', '--client', client.id);
  const converse = async (
    name: string,
    calls: readonly AskedCall[],
    expected: readonly string[],
  ): Promise<void> => {
    const conversation = await rig.converse(calls);
    const outcome = calls.map((_, index) => readOf(conversation, index)).join(', ');
    check(name, expected.join(', '), outcome, conversation);
  };
  try {
    await rig.addServers();
    const original = rig.text;
    rig.plan('ends');
    check('list, dead, directly', list('failed'), await rig.listed());
    const beforeWrap = rig.text;
    await wrap();
    check('list, dead', list('failed'), await rig.listed());
    rig.plan('works');
    check('list', list('connected'), await rig.listed());
    const told = await unwrap();
    const isBack = client.rewrites
      ? isDeepStrictEqual(serversIn(rig.text), serversIn(original))
      : rig.text === beforeWrap;
    check('unwrap', 'as it was', isBack && !rig.hasTraces ? 'as it was' : 'not as it was', [told, rig.text]);
    const bare = rig.text;
    await wrap('--preset', 'lasting', '--', '--min-backoff', '20000');
    await converse('call, URL', [note, page], ['answered', 'answered']);
    rig.plan('ends');
    check('list, remembered', list('connected'), await rig.listed());
    await converse('call, remembered', [note], ['refused, with a time']);
    rig.plan('works');
    await converse('call, back', [note], ['answered']);
    rig.plan('fails');
    await converse(
      'call 4 of a failing tool',
      [note, note, note, note],
      ['failed', 'failed', 'failed', 'refused, with a time'],
    );
    const toldLast = await unwrap();
    const isBackLast = client.rewrites
      ? isDeepStrictEqual(serversIn(rig.text), serversIn(bare))
      : rig.text === bare;
    check('unwrap at last', 'as it was', isBackLast && !rig.hasTraces ? 'as it was' : 'not as it was', [
      toldLast,
      rig.text,
    ]);
  } catch (error) {
    check('all', 'no error', 'an error', error);
  } finally {
    rig.close();
  }
  return checks;
}
