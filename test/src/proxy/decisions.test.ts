import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proxy } from './support/connections.ts';
import { EraServer } from './support/era-server.ts';
import { envelope } from './support/modern.ts';
import { RawClient } from './support/raw-client.ts';

type Era = 'legacy' | 'modern';
type Data = Record<string, unknown>;

/** How a call ended, in one word: what the server said, or why it did not run. */
interface Ended {
  readonly text: string;
  readonly texts: readonly string[];
  readonly reason: unknown;
}

class Agent {
  readonly #client: RawClient;
  readonly #era: Era;

  constructor(era: Era, server: EraServer, options: readonly string[]) {
    this.#era = era;
    this.#client = new RawClient(
      proxy(
        '--log',
        'json',
        '--failure-threshold',
        '2',
        '--min-backoff',
        '600000',
        '--max-backoff',
        '600000',
        ...options,
        '--',
        ...server.command,
      ),
      { env: { XDG_RUNTIME_DIR: server.folder } },
    );
  }

  async begin(): Promise<void> {
    if (this.#era === 'modern') return;
    await this.#client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'tester', version: '1' },
    });
    this.#client.notify('notifications/initialized');
  }

  async call(name: string, args: Data = {}): Promise<Ended> {
    const params = { name, arguments: args, ...(this.#era === 'modern' && { _meta: envelope }) };
    const { result } = await this.#client.request('tools/call', params);
    const texts = ((result?.content ?? []) as { text?: string }[]).map(({ text = '' }) => text);
    const denial = (result?._meta as Data | undefined)?.['toolfuse/denial'] as Data | undefined;
    return { text: texts[0] ?? '', texts, reason: denial?.reason };
  }

  /** Asks for the list of tools, and so what they say of themselves. */
  async list(): Promise<void> {
    await this.#client.request('tools/list', this.#era === 'modern' ? { _meta: envelope } : {});
  }

  /** Makes several calls, one after the other. @returns for each whether it ran. */
  async ran(name: string, ...args: Data[]): Promise<boolean[]> {
    const all: boolean[] = [];
    for (const each of args) all.push((await this.call(name, each)).reason === undefined);
    return all;
  }

  get log(): string {
    return this.#client.stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endInput();
  }
}

const words = (text: string): Data => ({ words: text });

describe.each(['legacy', 'modern'] as const)('the decisions of the library, to a %s client', (era) => {
  it('are the settings of single tools, given as flags', async () => {
    await using server = new EraServer('dual');
    await using agent = new Agent(era, server, [
      ...['--failure-pattern', 'echo=^boom'],
      ...['--tool', 'region:key=words.host', '--failure-pattern', 'region=dead'],
      ...[
        '--tool',
        'fail:trip=count-window',
        '--tool',
        'fail:count-window=4',
        '--tool',
        'fail:failure-rate=0.75',
      ],
      ...['--tool', 'slow:trip=time-window', '--tool', 'slow:slow-call=5', '--tool', 'slow:min-calls=2'],
      ...['--tool', 'e*:mode=enforce', '--tool', 'count:enabled=false', '--failure-pattern', 'count=.'],
      ...['--tool', 'pid:mode=observe', '--failure-pattern', 'pid=\\d'],
    ]);
    await agent.begin();
    // What matches its pattern is a failure, though the server does not say so.
    expect(await agent.ran('echo', words('well'), words('boom 1'), words('boom 2'), words('well'))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    // Each host of a URL has a circuit of its own.
    const dead = { region: 'dead', words: 'http://down.test/a' };
    const other = { region: 'dead', words: 'http://up.test/a' };
    expect(await agent.ran('region', dead, dead, dead, other, other, other)).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
    // Three of the last four, not two in a row.
    const broken = words('broken pipe');
    expect(await agent.ran('fail', broken, broken, broken, broken, broken)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    // Slow calls, though they go well.
    expect(await agent.ran('slow', { ms: 50 }, { ms: 50 }, { ms: 50 })).toEqual([true, true, false]);
    // A circuit that is switched off, and one that only observes.
    expect(await agent.ran('count', ...Array(5).fill({ to: 1 }))).toEqual(Array(5).fill(true));
    expect(await agent.ran('pid', {}, {}, {}, {})).toEqual([true, true, true, true]);
    expect(agent.log).toMatch(/"event":"circuit.spared","what":"trip","tool":"pid"/);
  });

  it('are the guard against loops, and an error that is the only member of a body, given in a file', async () => {
    await using server = new EraServer('dual');
    const config = join(server.folder, 'config.json');
    writeFileSync(
      config,
      JSON.stringify({
        loops: true,
        warnAfter: 2,
        denyAfter: 4,
        failurePatterns: { add: 'sum' },
        tools: { pid: { polling: true }, slow: { trip: 'count-window', countWindow: 2, slowCallMs: 5 } },
      }),
    );
    await using agent = new Agent(era, server, ['--config', config]);
    await agent.begin();
    const same = words('same');
    expect((await agent.call('echo', same)).texts).toEqual(['same']);
    const second = await agent.call('echo', same);
    expect(second.texts).toHaveLength(2);
    expect(second.texts[1]).toContain('echo');
    await agent.call('echo', same);
    await agent.call('echo', same);
    expect((await agent.call('echo', same)).reason).toBe('loop');
    // Something else may be called, and what is meant to be called again.
    expect((await agent.call('echo', words('other'))).reason).toBeUndefined();
    expect(await agent.ran('pid', ...Array(6).fill({}))).toEqual(Array(6).fill(true));
    // An error that is all of an answer.
    const body = (text: string): Data => words(`{"error":"${text}"}`);
    const network = ['connect ECONNREFUSED 10.0.0.1:80', 'connect ECONNREFUSED 10.0.0.2:80'].map(body);
    expect(await agent.ran('echo', body('no such file'), body('not that one'), words('well'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await agent.ran('echo', ...network, words('well'))).toEqual([true, true, false]);
  });

  it('send a call once more that was lost, and may be made twice', async () => {
    await using server = new EraServer('dual');
    await using agent = new Agent(era, server, ['--retry-safe', '--server', 'min-backoff=100']);
    await agent.begin();
    await agent.list();
    expect((await agent.call('exit-once')).text).toBe('there again');
    expect(server.runs).toHaveLength(2);
    expect(agent.log).toContain('"event":"call.sentAgain","tool":"exit-once"');
  });

  it('refuse nothing with --observe, but for a loop and a circuit they tell what they would have done', async () => {
    await using server = new EraServer('dual');
    await using agent = new Agent(era, server, ['--observe', '--loops', '--failure-pattern', '*=boom']);
    await agent.begin();
    const boom = words('boom');
    expect(await agent.ran('echo', ...Array(8).fill(boom))).toEqual(Array(8).fill(true));
    expect(agent.log).toContain('"event":"circuit.spared"');
    expect(agent.log).not.toContain('"event":"circuit.opened"');
  });
});
