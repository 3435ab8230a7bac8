import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { comparable } from './support/comparable.ts';
import { proxy } from './support/connections.ts';
import { Listening } from './support/listening.ts';
import { type CommandLine, RawClient } from './support/raw-client.ts';
import { everythingScript, filesystemScript, memoryScript, type Script } from './support/scripts.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-transparent-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every message of a session. Streams of HTTP may overtake each other, so that their order is not compared. */
async function record({ prepare, answer, run }: Script, command: CommandLine, env: Record<string, string>) {
  prepare?.();
  const client = new RawClient(command, { env, ...(answer && { answer: answer() }) });
  try {
    await run(client);
  } finally {
    await client.stop();
  }
  return client.lines.map(comparable).sort();
}

describe.each([
  filesystemScript(join(folder, 'files')),
  memoryScript(join(folder, 'memory.jsonl')),
  everythingScript(),
])('$server', (script) => {
  it('behaves behind a proxy that listens, reached by one that goes to a URL, as it does direct', {
    timeout: 120_000,
  }, async () => {
    const { env = {}, command } = script;
    const direct = await record(script, command, env);
    script.prepare?.();
    await using front = await Listening.start(
      proxy('--listen', '127.0.0.1:0', '--log', 'json', '--', ...command),
      (stderr) => /"url":"([^"]+)"/.exec(stderr)?.[1],
      env,
    );
    expect(await record(script, proxy('--log', 'none', '--url', front.url), env)).toEqual(direct);
  });
});
