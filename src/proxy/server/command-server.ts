import { type ChildProcess, spawn } from 'node:child_process';
import { spawn as spawnOnWindows } from 'cross-spawn';
import { LineReader } from '../wire/line-reader.ts';
import { LineWriter } from '../wire/line-writer.ts';
import type { Message } from '../wire/message.ts';
import { tellMessages } from '../wire/message-listener.ts';
import { within } from '../within.ts';
import { howToStart } from './how-to-start.ts';
import { ProcessGroup } from './process-group.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';

export interface CommandServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The longest line that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  /** Its process, where it was started already. */
  readonly started?: ChildProcess | undefined;
  /** The variables that it gets. Default: those of this process. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** The folder that it starts in. Default: that of this process. */
  readonly folder?: string;
  /** Gets what it writes to its standard error, which otherwise goes to that of this process. */
  readonly onErrorOutput?: (chunk: Buffer) => void;
}

/**
 * How long a server has to end by itself, in ms: once after its input is closed, and once more after SIGTERM. The SDK's client
 * gives the proxy two seconds for each, and the proxy must end its server first.
 */
const graceMs = 1_500;

/** After its exit, output that is silent this long has ended (ms). Processes that it left behind can prolong it, but only this long. */
const lingerMs = 200;
const maxLingerMs = 2_000;

/** How long a server that has closed its output may take to exit, in ms. */
const deafMs = 500;

const isWindows = process.platform === 'win32';

/** A server that runs as a child process, and speaks on its standard input and output. */
export class CommandServer implements ServerConnection {
  /** Undefined if it could not be started. */
  readonly #child: ChildProcess | undefined;
  readonly #group: ProcessGroup | undefined;
  readonly #events: ServerEvents;
  readonly #reader: LineReader;
  readonly #writer: LineWriter | undefined;
  readonly #gone: Promise<void>;
  #isOver = false;
  /** Waits, after its exit, for its output to fall silent. */
  #linger: NodeJS.Timeout | undefined;
  #lingersUntil = 0;
  /** Why it was ended, where its exit would not say so. */
  #why: string | undefined;

  constructor(options: CommandServerOptions, events: ServerEvents) {
    const { command, maxMessageBytes, started, onErrorOutput } = options;
    this.#events = events;
    this.#reader = new LineReader({
      maxBytes: maxMessageBytes,
      onLine: (line) => tellMessages(line, events),
      onLongLine: events.onLongLine,
      together: events.together,
    });
    try {
      this.#child = started ?? start(options);
      this.#group = new ProcessGroup(this.#child);
    } catch (error) {
      // `spawn` throws some errors at once and reports others later. The caller gets all of them later.
      queueMicrotask(() => this.#end(neverStarted(command, error as Error)));
    }
    const { stdin = null, stdout, stderr } = this.#child ?? {};
    if (onErrorOutput !== undefined) stderr?.on('data', onErrorOutput);
    this.#writer = stdin === null ? undefined : new LineWriter(stdin);
    stdin?.on('drain', () => !this.#isOver && events.onDrain());
    // It has stopped reading. Its exit is reported separately.
    stdin?.on('error', () => {});
    stdout?.on('data', (chunk: Buffer) => {
      if (this.#isOver) return;
      this.#reader.push(chunk);
      if (performance.now() < this.#lingersUntil) this.#linger?.refresh();
    });
    stdout?.once('end', () => void this.#endIfDeaf());
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
      // Child processes may keep its output open, so its exit counts as the end, once the rest of its output was read.
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#group?.forget();
        const itself = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
        const end = { why: this.#why ?? itself };
        const settle = (): void => {
          this.#end(end);
          resolve();
        };
        child.once('close', settle);
        this.#lingersUntil = performance.now() + maxLingerMs;
        this.#linger = setTimeout(() => {
          // While reading is paused, there may be more output to come.
          if (this.#isOver || child.stdout?.isPaused() !== true) settle();
          else {
            this.#lingersUntil += lingerMs;
            this.#linger?.refresh();
          }
        }, lingerMs);
      };
      // One that was started before this may have ended since.
      if (child.exitCode === null && child.signalCode === null) child.once('exit', onExit);
      else onExit(child.exitCode, child.signalCode);
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

  signal(name: NodeJS.Signals): void {
    this.#group?.pass(name);
  }

  async close(how: 'gently' | 'now'): Promise<void> {
    if (how === 'now') this.#isOver = true;
    else {
      this.#child?.stdin?.end();
      if (await within(graceMs, this.#gone)) return;
      this.#group?.send('SIGTERM');
      if (await within(graceMs, this.#gone)) return;
    }
    this.#isOver = true;
    this.#child?.stdout?.resume();
    this.#group?.send('SIGKILL');
    await this.#gone;
  }

  /** It has closed its output. If it goes on running, nobody can use it any more. */
  async #endIfDeaf(): Promise<void> {
    if (this.#isOver || (await within(deafMs, this.#gone))) return;
    this.#why = 'it closed its output';
    this.#group?.send('SIGTERM');
    if (await within(graceMs, this.#gone)) return;
    this.#group?.send('SIGKILL');
  }

  #end(end: ServerEnd): void {
    if (this.#isOver) return;
    this.#reader.end();
    this.#isOver = true;
    // For processes that it started and left behind.
    this.#group?.send('SIGTERM');
    this.#events.onEnd(end);
  }
}

function start({ command, args, environment, folder, onErrorOutput }: CommandServerOptions): ChildProcess {
  return (isWindows ? spawnOnWindows : spawn)(command, [...args], {
    ...howToStart(environment),
    ...(folder !== undefined && { cwd: folder }),
    ...(onErrorOutput !== undefined && { stdio: 'pipe' }),
  });
}

/** Why a command could not be started, with the exit code that a shell would give. */
function neverStarted(command: string, { code, message }: NodeJS.ErrnoException): ServerEnd {
  const name = JSON.stringify(command);
  // There is no shell that would split the command into words.
  const hint = /\s/.test(command) ? ' (pass each of its words as an argument of its own)' : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { why: `there is no command ${name}${hint}`, exitCode: 127 };
  if (code === 'EACCES') return { why: `${name} may not be run`, exitCode: 126 };
  if (code === 'E2BIG' || code === 'ERR_INVALID_ARG_VALUE')
    return { why: `${name} cannot be run: ${message}`, exitCode: 126 };
  return { why: `it could not be started: ${message}` };
}
