import type { Writable } from 'node:stream';
import { exitCodes } from '../proxy/exit-codes.ts';
import type { McpProxy } from '../proxy/mcp-proxy.ts';
import { within } from '../proxy/within.ts';

type Signal = keyof typeof exitCodes;

/** How long a client may take to read the last answers, once it has closed its side, in ms. */
const readerMs = 30_000;

/** Ends the proxy with its servers, and then the process. */
export class Ending {
  readonly #proxy: McpProxy;
  readonly #output: Writable;
  readonly #exit: (code: number) => void;
  #isEnding = false;
  #hasEnded = false;

  constructor(proxy: McpProxy, output: Writable, exit: (code: number) => void) {
    this.#proxy = proxy;
    this.#output = output;
    this.#exit = exit;
  }

  /** The servers get the signal at once, as they would from the client itself, and a second one as well. */
  signalled(signal: Signal): void {
    this.#proxy.signal(signal);
    this.end(exitCodes[signal]);
  }

  /** Begins to end, unless it has begun. A signal does not wait for a slow reader of the last answers. */
  end(exitCode: number): void {
    if (this.#hasEnded) this.#exit(exitCode);
    if (this.#isEnding) return;
    this.#isEnding = true;
    void this.#proxy
      .end()
      .finally(() => {
        this.#hasEnded = true;
        return exitCode > 128 ? undefined : flushed(this.#output);
      })
      .finally(() => this.#exit(exitCode));
  }
}

/** Resolves when everything that was written to a stream has been read, or the time is up. */
async function flushed(stream: Writable): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  const done = new Promise<void>((resolve) => {
    stream.write('', () => resolve());
    stream.once('close', resolve);
  });
  await within(readerMs, done);
}
