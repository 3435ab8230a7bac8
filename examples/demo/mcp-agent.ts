import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { span, wordsOf } from '../../src/cli/demo/timeline.ts';
import { tell } from './timeline.ts';

export interface McpAgentOptions {
  readonly who: 'without' | 'with';
  /** The command and arguments in the client's configuration. */
  readonly command: readonly string[];
  /** How long the client waits for an answer, in ms. */
  readonly timeoutMs: number;
  /** Stands in for the seconds that a model takes for a turn. */
  readonly turnMs: number;
  /** How often the model calls a failing tool before it goes on with something else. */
  readonly patience: number;
}

/** The results and losses of an agent. */
export interface Tally {
  done: number;
  /** How many calls were made and failed. */
  wasted: number;
  /** How many calls were refused before they were made. */
  refused: number;
  /** The time spent on failed calls, in ms. */
  waitedMs: number;
}

/** An agent with the tools of one MCP server. It knows nothing about circuits, and sees only answers. */
export class McpAgent {
  readonly tally: Tally = { done: 0, wasted: 0, refused: 0, waitedMs: 0 };
  readonly #options: McpAgentOptions;
  readonly #transport: StdioClientTransport;
  readonly #client = new Client({ name: 'toolfuse-demo', version: '1.0.0' });
  #printed = '';

  constructor(options: McpAgentOptions) {
    const [command = '', ...args] = options.command;
    this.#options = options;
    this.#transport = new StdioClientTransport({ command, args, stderr: 'pipe' });
    this.#transport.stderr?.on('data', (text) => {
      this.#printed += text;
    });
  }

  get pid(): number | null {
    return this.#transport.pid;
  }

  /** The command's output on standard error. */
  get printed(): string {
    return this.#printed;
  }

  async start(): Promise<void> {
    // The SDK's own types disagree under exactOptionalPropertyTypes.
    await this.#client.connect(this.#transport as Parameters<Client['connect']>[0]);
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  /** Reads files, one per turn, as patiently as models do. */
  async read(paths: readonly string[]): Promise<void> {
    const { turnMs, patience } = this.#options;
    for (const path of paths) {
      for (let failures = 0; failures < patience; ) {
        await sleep(turnMs);
        const comeBackInMs = await this.#call(path);
        if (comeBackInMs === 0) break;
        if (comeBackInMs === null) failures++;
        else await sleep(comeBackInMs);
      }
    }
  }

  /** @returns How long to wait, in ms, according to the answer; null if it does not say, and 0 for a success. */
  async #call(path: string): Promise<number | null> {
    const { who, timeoutMs } = this.#options;
    const about = path.split('/').at(-1);
    const startedAt = performance.now();
    try {
      const answer = await this.#client.callTool({ name: 'read_text_file', arguments: { path } }, undefined, {
        timeout: timeoutMs,
      });
      const tookMs = performance.now() - startedAt;
      const denial = (answer._meta?.['toolfuse/denial'] ?? null) as { retryAfterSeconds: number } | null;
      if (denial !== null) {
        this.tally.refused++;
        tell(who, `${about}: REFUSED at once, come back in ${denial.retryAfterSeconds} s`, 'refused');
        return denial.retryAfterSeconds * 1_000;
      }
      if (answer.isError) {
        const [text] = answer.content as { text: string }[];
        throw new Error(text?.text.match(/no answer within [\d.]+ s/)?.[0] ?? text?.text);
      }
      this.tally.done++;
      tell(who, `${about}: done in ${span(tookMs)}`, 'good');
      return 0;
    } catch (error) {
      const tookMs = performance.now() - startedAt;
      this.tally.wasted++;
      this.tally.waitedMs += tookMs;
      tell(who, `${about}: failed after ${span(tookMs)}: ${wordsOf(error)}`, 'bad');
      return null;
    }
  }
}
