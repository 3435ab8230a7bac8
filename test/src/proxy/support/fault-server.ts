import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programFile } from '../../../support/program.ts';
import type { CommandLine } from './raw-client.ts';

/** How the next starts of the server go. */
export interface Plan {
  readonly exitAtStart?: boolean;
  readonly hangAtStart?: boolean;
  readonly startDelayMs?: number;
  /** Whether they wait until the test lets them go on. */
  readonly isHeld?: boolean;
  /** Whether it ends when anything comes before `initialize`, as servers of some SDKs do. The era server only. */
  readonly exitsOnProbe?: boolean;
  /** Tools that it has beside the usual ones. The era server only. */
  readonly tools?: readonly string[];
}

/** A server whose tools fail on request, and a record of its runs. */
export class FaultServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'toolfuse-faults-'));
  readonly #program: readonly string[];
  #http: ChildProcess | undefined;

  /** @param program Its file, and the arguments before the folder. */
  constructor(program: readonly string[] = [programFile('fault-server')]) {
    this.#program = program;
  }

  get command(): CommandLine {
    return [process.execPath, ...this.#program, this.folder];
  }

  plan(plan: Plan): void {
    writeFileSync(join(this.folder, 'plan.json'), JSON.stringify(plan));
  }

  /** Holds up its next starts. @returns a function that lets them go on. */
  holdStarts(): () => void {
    const held = join(this.folder, 'held');
    writeFileSync(held, '');
    this.plan({ isHeld: true });
    return () => rmSync(held);
  }

  /** The process ids of its runs so far. */
  get runs(): number[] {
    const file = join(this.folder, 'starts');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  }

  /** @throws Error before its first run. */
  get pid(): number {
    const pid = this.runs.at(-1);
    // A signal to process 0 would reach the tests themselves.
    if (pid === undefined) throw new Error('the server has not been started yet');
    return pid;
  }

  /** Whether its last run goes on. */
  get isRunning(): boolean {
    try {
      return process.kill(this.pid, 0);
    } catch {
      return false;
    }
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Starts one that is reached over HTTP. */
  async listen(port: number): Promise<void> {
    const [program, ...args] = this.command;
    const http = spawn(program, [...args, String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#http = http;
    let said = '';
    for await (const chunk of http.stderr) {
      said += chunk;
      if (said.includes('listening')) break;
    }
  }

  /** Ends the one that is reached over HTTP. */
  async stopListening(): Promise<void> {
    const http = this.#http;
    if (http === undefined || http.exitCode !== null || http.signalCode !== null) return;
    http.kill('SIGKILL');
    await once(http, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
