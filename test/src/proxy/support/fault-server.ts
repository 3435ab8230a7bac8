import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandLine } from './raw-client.ts';

const program = fileURLToPath(new URL('../fixtures/fault-server.mjs', import.meta.url));

/** How the next starts of the server go. */
export interface Plan {
  readonly exitAtStart?: boolean;
  readonly hangAtStart?: boolean;
  readonly startDelayMs?: number;
}

/** A server whose tools fail on request, and a record of its runs. */
export class FaultServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'toolfuse-faults-'));
  #http: ChildProcess | undefined;

  get command(): CommandLine {
    return [process.execPath, program, this.folder];
  }

  plan(plan: Plan): void {
    writeFileSync(join(this.folder, 'plan.json'), JSON.stringify(plan));
  }

  /** The process ids of its runs so far. */
  get runs(): number[] {
    const file = join(this.folder, 'starts');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  }

  get pid(): number {
    return this.runs.at(-1) ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Starts one that is reached over HTTP. */
  async listen(port: number): Promise<void> {
    const http = spawn(process.execPath, [program, this.folder, String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
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
