import type { ChildProcess } from 'node:child_process';
import { watchOver } from './watchdog.ts';

/** How long a server lives after the second signal of an impatient client, in ms: some kill the proxy 400 ms later. */
const hurryMs = 200;

const isWindows = process.platform === 'win32';

/** A server and every process that it started. On Windows, only the server itself, and its system ends both with the proxy. */
export class ProcessGroup {
  readonly #leader: ChildProcess;
  readonly #endWatch: () => void;
  #passedOn = 0;

  /** @param leader A child that was started as the leader of a group. */
  constructor(leader: ChildProcess) {
    this.#leader = leader;
    const { pid } = leader;
    this.#endWatch = isWindows || pid === undefined ? () => {} : watchOver(pid);
  }

  /** Sends a signal to all of them. */
  send(signal: NodeJS.Signals): void {
    const { pid } = this.#leader;
    if (pid === undefined) return;
    try {
      if (isWindows) this.#leader.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // All of them are gone already.
    }
  }

  /** Passes on a signal that the proxy was sent. A second one means that whoever sends them will not wait much longer. */
  pass(signal: NodeJS.Signals): void {
    this.send(signal);
    this.#passedOn++;
    if (this.#passedOn === 2) setTimeout(() => this.send('SIGKILL'), hurryMs);
    if (this.#passedOn > 2) this.send('SIGKILL');
  }

  /** None of them needs to be ended any more. */
  forget(): void {
    this.#endWatch();
  }
}
