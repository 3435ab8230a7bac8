import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './support/comparable.ts';
import { behindProxy, proxy } from './support/connections.ts';
import { Listening } from './support/listening.ts';
import { type CommandLine, RawClient } from './support/raw-client.ts';
import { everythingScript, filesystemScript, memoryScript, type Script } from './support/scripts.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-transparent-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every line of the server in a session, as the client receives it. */
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

/** The same, behind two proxies that speak HTTP with each other. */
async function recordByHttp(script: Script): Promise<string[]> {
  await using front = await Listening.start(
    proxy('--listen', '127.0.0.1:0', '--log', 'json', '--', ...script.command),
    (stderr) => /"url":"([^"]+)"/.exec(stderr)?.[1],
    script.env,
  );
  return await record(script, proxy('--log', 'none', '--url', front.url));
}

/** The ways to a server, with the command that a client starts. */
const ways = {
  direct: (script: Script) => record(script, script.command),
  directAgain: (script: Script) => record(script, script.command),
  proxy: (script: Script) => record(script, behindProxy(script.command)),
  keeping: (script: Script) =>
    record(script, behindProxy(script.command, '--state', join(folder, 'state.json'), '--timeout', '60000')),
  hiding: (script: Script) =>
    record(script, behindProxy(script.command, '--hide-open', '--result-errors', 'ignore')),
  twice: (script: Script) => record(script, behindProxy(behindProxy(script.command))),
  byHttp: recordByHttp,
};
type Way = keyof typeof ways;
type Records = Record<Way, string[]>;

/** A session by each of the ways: all at once, unless they share files that the server works on. */
async function recordAll(script: Script): Promise<Records> {
  const records: Partial<Records> = {};
  const all = (Object.keys(ways) as Way[]).map((way) => async () => {
    records[way] = await ways[way](script);
  });
  if (script.prepare === undefined) await Promise.all(all.map((make) => make()));
  else for (const make of all) await make();
  return records as Records;
}

const scripts = [
  filesystemScript(join(folder, 'files')),
  memoryScript(join(folder, 'memory.jsonl')),
  everythingScript(),
];

const recordsOf = new Map<string, Records>();
beforeAll(async () => {
  const record = async (script: Script): Promise<void> => {
    recordsOf.set(script.server, await recordAll(script));
  };
  await Promise.all(scripts.map(record));
});

describe.each(scripts)('$server', ({ server }) => {
  const recordsBy = (way: Way): string[] => recordsOf.get(server)?.[way] ?? [];
  const direct = (): string[] => recordsBy('direct');

  it('says the same in two sessions without a proxy, so that the comparison can be trusted', () => {
    expect(direct().length).toBeGreaterThan(30);
    expect(recordsBy('directAgain')).toEqual(direct());
  });

  it('behaves behind the proxy as it does direct, message by message', () => {
    expect(recordsBy('proxy')).toEqual(direct());
  });

  it('does so with the circuits in a file, and a time limit for calls', () => {
    expect(recordsBy('keeping')).toEqual(direct());
  });

  it('does so behind two proxies', () => {
    expect(recordsBy('twice')).toEqual(direct());
  });

  it('does so over HTTP, whose streams may overtake each other', () => {
    expect([...recordsBy('byHttp')].sort()).toEqual([...direct()].sort());
  });

  it('says the same with --hide-open, if not in the same order of fields', () => {
    const meaning = (lines: string[]): unknown[] => lines.map((line) => JSON.parse(line));
    expect(meaning(recordsBy('hiding'))).toEqual(meaning(direct()));
  });
});
