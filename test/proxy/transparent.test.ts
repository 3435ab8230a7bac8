import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './support/comparable.ts';
import { behindProxy } from './support/connections.ts';
import { type CommandLine, RawClient } from './support/raw-client.ts';
import { everythingScript, filesystemScript, memoryScript, type Script } from './support/scripts.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-transparent-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every line that a server says in a session, as it comes to the client. */
async function record({ env, prepare, answer, run }: Script, command: CommandLine): Promise<string[]> {
  prepare?.();
  const client = new RawClient(command, { ...(env && { env }), ...(answer && { answer: answer() }) });
  try {
    await run(client);
  } finally {
    await client.stop();
  }
  return client.lines.map(comparable);
}

/** The ways to a server, by the command that a client starts. */
const ways = {
  direct: (command: CommandLine) => command,
  directAgain: (command: CommandLine) => command,
  proxy: (command: CommandLine) => behindProxy(command),
  keeping: (command: CommandLine) =>
    behindProxy(command, '--state', join(folder, 'state.json'), '--timeout', '60000'),
  hiding: (command: CommandLine) => behindProxy(command, '--hide-open', '--result-errors', 'ignore'),
  twice: (command: CommandLine) => behindProxy(behindProxy(command)),
};
type Way = keyof typeof ways;

/** A session by each of the ways. */
async function recordAll(script: Script): Promise<Record<Way, string[]>> {
  const records: Partial<Record<Way, string[]>> = {};
  const all = (Object.keys(ways) as Way[]).map((way) => async () => {
    records[way] = await record(script, ways[way](script.command));
  });
  if (script.prepare === undefined) await Promise.all(all.map((make) => make()));
  else for (const make of all) await make();
  return records as Record<Way, string[]>;
}

describe.each([
  filesystemScript(join(folder, 'files')),
  memoryScript(join(folder, 'memory.jsonl')),
  everythingScript(),
])('$server', (script) => {
  let records: Record<Way, string[]>;
  beforeAll(async () => {
    records = await recordAll(script);
  }, 120_000);

  it('says the same in two sessions without a proxy, so that the comparison can be trusted', () => {
    expect(records.direct.length).toBeGreaterThan(30);
    expect(records.directAgain).toEqual(records.direct);
  });

  it('behaves behind the proxy as it does direct, message by message', () => {
    expect(records.proxy).toEqual(records.direct);
  });

  it('does where the circuits are kept in a file, and calls have a time limit', () => {
    expect(records.keeping).toEqual(records.direct);
  });

  it('does behind two proxies', () => {
    expect(records.twice).toEqual(records.direct);
  });

  it('says the same, if not in the same order of fields, where open tools would be hidden', () => {
    const meaning = (lines: string[]): unknown[] => lines.map((line) => JSON.parse(line));
    expect(meaning(records.hiding)).toEqual(meaning(records.direct));
  });
});
