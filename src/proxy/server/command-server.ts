import { type ChildProcess, spawn } from 'node:child_process';
import { spawn as spawnOnWindows } from 'cross-spawn';
import { LineReader } from '../wire/line-reader.ts';
import { LineWriter } from '../wire/line-writer.ts';
import type { Message } from '../wire/message.ts';
import { tellMessages } from '../wire/message-listener.ts';
import { within } from '../within.ts';
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

/** Once it has exited, so long a silence of its output is the end of that; what it has left behind may go on for so long. */
const lingerMs = 200;
const maxLingerMs = 2_000;

const isWindows = process.platform === 'win32';

/** A server that runs as a child process, and speaks on its standard input and output. */
export class CommandServer implements ServerConnection {
  /** Undefined where it could not be started. */
  readonly #child: ChildProcess | undefined;
  readonly #events: ServerEvents;
  readonly #reader: LineReader;
  readonly #writer: LineWriter | undefined;
  readonly #gone: Promise<void>;
  #isOver = false;
  /** Runs since it has exited, as long as nothing more comes of it. */
  #linger: NodeJS.Timeout | undefined;
  #lingersUntil = 0;

  constructor({ command, args, maxMessageBytes }: CommandServerOptions, events: ServerEvents) {
    this.#events = events;
    this.#reader = new LineReader({
      maxBytes: maxMessageBytes,
      onLine: (line) => tellMessages(line, events),
      onLongLine: events.onLongLine,
      together: events.together,
    });
    try {
      this.#child = start(command, args);
    } catch (error) {
      // Some faults of a command are told at once, and the others later: here they all are.
      queueMicrotask(() => this.#end(neverStarted(command, error as Error)));
    }
    const { stdin = null, stdout } = this.#child ?? {};
    this.#writer = stdin === null ? undefined : new LineWriter(stdin);
    stdin?.on('drain', () => !this.#isOver && events.onDrain());
    // It has stopped reading; that it is gone is told by its end.
    stdin?.on('error', () => {});
    stdout?.on('data', (chunk: Buffer) => {
      if (this.#isOver) return;
      this.#reader.push(chunk);
      if (performance.now() < this.#lingersUntil) this.#linger?.refresh();
    });
    this.#gone = this.#awaitEnd(command);
  }

  #awaitEnd(command: string): Promise<void> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
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
        this.#lingersUntil = performance.now() + maxLingerMs;
        this.#linger = setTimeout(() => {
          // While the client is behind with reading, there may be more.
          if (this.#isOver || child.stdout?.isPaused() !== true) settle();
          else {
            this.#lingersUntil += lingerMs;
            this.#linger?.refresh();
          }
        }, lingerMs);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
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
    if (!this.#isOver) this.#child?.stdout?.pause();
  }

  resume(): void {
    this.#child?.stdout?.resume();
  }

  agreeOn(): void {}

  async close(how: 'gently' | 'now'): Promise<void> {
    if (how === 'now') this.#isOver = true;
    else {
      this.#child?.stdin?.end();
      if (await within(graceMs, this.#gone)) return;
      this.#signal('SIGTERM');
      if (await within(graceMs, this.#gone)) return;
    }
    this.#isOver = true;
    this.#child?.stdout?.resume();
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

  /** To it and all that it has started. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === undefined) return;
    try {
      if (isWindows) this.#child?.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // None of them is left.
    }
  }
}

function start(command: string, args: readonly string[]): ChildProcess {
  const spawnHere = isWindows ? spawnOnWindows : spawn;
  return spawnHere(command, [...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment(),
    // A group of its own, so that what a launcher such as npx has started ends with it.
    detached: !isWindows,
    windowsHide: true,
  });
}

/** An npx that has started the proxy was told which package to take; one that starts the server must not believe it, too. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_package: _, npm_config_call: __, ...others } = process.env;
  return others;
}

/** What a shell says of a command that is not there, or that it may not run. */
function neverStarted(command: string, { code, message }: NodeJS.ErrnoException): ServerEnd {
  const name = JSON.stringify(command);
  // Not a shell: it is the first word alone that names the command.
  const hint = /\s/.test(command) ? ' (each of its words must stand by itself)' : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { why: `there is no command ${name}${hint}`, exitCode: 127 };
  if (code === 'EACCES') return { why: `${name} may not be run`, exitCode: 126 };
  if (code === 'E2BIG' || code === 'ERR_INVALID_ARG_VALUE')
    return { why: `${name} cannot be run: ${message}`, exitCode: 126 };
  return { why: `it could not be started: ${message}` };
}
