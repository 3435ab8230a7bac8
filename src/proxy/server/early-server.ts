import { type ChildProcess, spawn } from 'node:child_process';
import { exitCodes } from '../exit-codes.ts';
import { howToStart } from './how-to-start.ts';
import { ProcessGroup } from './process-group.ts';

type Signal = keyof typeof exitCodes;
const signals = Object.keys(exitCodes) as Signal[];

/** How long the server has to end by a signal that comes before the rest of the proxy is there, in ms. */
const graceMs = 1_500;

const noop = (): void => {};

/** A server that is started before the rest of the proxy is loaded, so that the two start side by side. */
export class EarlyServer {
  readonly child: ChildProcess;
  /** Somebody else takes care of signals from now on. */
  readonly leaveSignals: () => void;
  /** Watched over from the beginning: this process may be killed before the rest of the proxy is there. */
  readonly #group: ProcessGroup;
  #isTaken = false;

  private constructor(child: ChildProcess, leaveSignals: () => void) {
    this.child = child;
    this.leaveSignals = leaveSignals;
    this.#group = new ProcessGroup(child);
    // Node.js drops what nobody has read when a child exits, unless somebody listens.
    child.stdout?.on('readable', noop);
  }

  /** Starts the server of a proxy; undefined where that has to wait: its error is told by whoever starts it then. */
  static start({
    command: [program, ...args],
    listen,
    url,
  }: {
    readonly command: readonly string[];
    readonly listen?: unknown;
    readonly url?: unknown;
  }): EarlyServer | undefined {
    const isWindows = process.platform === 'win32';
    if (program === undefined || listen !== undefined || url !== undefined || isWindows) return undefined;
    let early: EarlyServer | undefined;
    const onSignal = (signal: Signal): void => {
      if (early !== undefined) early.#endBy(signal);
    };
    const leaveSignals = (): void => {
      for (const signal of signals) process.off(signal, onSignal);
    };
    // Before the server is there: on a busy machine it may be up, and this process be told to end, before the next line is run.
    for (const signal of signals) process.on(signal, onSignal);
    try {
      const child = spawn(program, args, howToStart());
      // The error is told where the server is taken, or started again.
      child.on('error', noop);
      if (child.pid !== undefined) early = new EarlyServer(child, leaveSignals);
    } catch {
      // Told there as well.
    }
    if (early === undefined) leaveSignals();
    return early;
  }

  /** Hands the server over, once. */
  take(): ChildProcess | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    this.child.stdout?.off('readable', noop);
    return this.child;
  }

  /** Ends the server, if nobody has taken it. */
  end(): void {
    if (this.#isTaken) return;
    this.leaveSignals();
    this.#group.send('SIGKILL');
    this.#group.forget();
  }

  /** Ends the server and this process, which can do nothing else yet. */
  #endBy(signal: Signal): void {
    this.#group.send(signal);
    const exit = (): void => {
      this.#group.send('SIGKILL');
      process.exit(exitCodes[signal]);
    };
    if (this.child.exitCode !== null || this.child.signalCode !== null) exit();
    this.child.once('exit', exit);
    setTimeout(exit, graceMs).unref();
  }
}
