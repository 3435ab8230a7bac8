import { type ChildProcess, spawn } from 'node:child_process';
import { spawn as spawnOnWindows } from 'cross-spawn';
import { LineReader } from './line-reader.ts';
import { LineWriter } from './line-writer.ts';
import type { Message } from './message.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';

export interface CommandServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The longest line that is passed on, in bytes. */
  readonly maxMessageBytes: number;
}

/**
 * As long a server has to end by itself, at each of the two steps before it is killed. The SDK's client gives two seconds for
 * each: the proxy must not be killed before it has ended its server.
 */
const graceMs = 1_500;

const isWindows = process.platform === 'win32';

/** A server that runs as a child process, and speaks on its standard input and output. */
export class CommandServer implements ServerConnection {
  readonly #child: ChildProcess;
  readonly #events: ServerEvents;
  readonly #reader: LineReader;
  readonly #writer: LineWriter | undefined;
  readonly #gone: Promise<void>;
  #isOver = false;

  constructor({ command, args, maxMessageBytes }: CommandServerOptions, events: ServerEvents) {
    this.#events = events;
    this.#reader = new LineReader({
      maxBytes: maxMessageBytes,
      onLine: events.onLine,
      onLongLine: events.onLongLine,
      together: events.together,
    });
    const start = isWindows ? spawnOnWindows : spawn;
    // A group of its own, so that what a launcher such as npx has started ends with it.
    const child = start(command, [...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: environment(),
      detached: !isWindows,
      windowsHide: true,
    });
    this.#child = child;
    const { stdin, stdout } = child;
    this.#writer = stdin === null ? undefined : new LineWriter(stdin);
    stdin?.on('drain', () => !this.#isOver && events.onDrain());
    // It has stopped reading; that it is gone is told by its end.
    stdin?.on('error', () => {});
    stdout?.on('data', (chunk: Buffer) => !this.#isOver && this.#reader.push(chunk));
    this.#gone = new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) return;
        this.#end(neverStarted(command, error));
        resolve();
      });
      // Its output may be held by what it has started, so its exit is the end, a little after which all was read.
      child.once('exit', (code, signal) => {
        const end = { why: signal === null ? `it exited with code ${code}` : `it was ended by ${signal}` };
        const settle = (): void => {
          this.#end(end);
          resolve();
        };
        child.once('close', settle);
        setTimeout(settle, 200);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  write({ line }: Message): boolean {
    return this.#isOver || this.#writer === undefined || this.#writer.write(line);
  }

  cork(): void {
    this.#writer?.cork();
  }

  uncork(): void {
    this.#writer?.uncork();
  }

  pause(): void {
    this.#child.stdout?.pause();
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  agreeOn(): void {}

  async close(how: 'gently' | 'now'): Promise<void> {
    if (how === 'now') this.#isOver = true;
    else {
      this.#child.stdin?.end();
      if (await this.#isGoneWithin(graceMs)) return;
      this.#signal('SIGTERM');
      if (await this.#isGoneWithin(graceMs)) return;
    }
    this.#child.stdout?.resume();
    this.#signal('SIGKILL');
    await this.#gone;
  }

  #end(end: ServerEnd): void {
    if (this.#isOver) return;
    this.#reader.end();
    this.#isOver = true;
    // What it has started and left behind.
    this.#signal('SIGTERM');
    this.#events.onEnd(end);
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const isGone = await Promise.race([this.#gone.then(() => true), late]);
    clearTimeout(timer);
    return isGone;
  }

  /** To it and all that it has started. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (isWindows) this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // None of them is left.
    }
  }
}

/** An npx that has started the proxy was told which package to take; one that starts the server must not believe it, too. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_package: _, npm_config_call: __, ...others } = process.env;
  return others;
}

/** What a shell says of a command that is not there, or that it may not run. */
function neverStarted(command: string, error: NodeJS.ErrnoException): ServerEnd {
  if (error.code === 'ENOENT')
    return { why: `there is no command ${JSON.stringify(command)}`, exitCode: 127 };
  if (error.code === 'EACCES') return { why: `${JSON.stringify(command)} may not be run`, exitCode: 126 };
  return { why: `it could not be started: ${error.message}` };
}
