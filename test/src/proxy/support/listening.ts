import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CommandLine } from './raw-client.ts';

/** A program that serves HTTP, and prints its address on standard error. */
export class Listening {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param says Finds the URL in the program's standard error, once it is there. */
  static async start(
    [program, ...args]: CommandLine,
    says: (stderr: string) => string | undefined,
    env: Record<string, string> = {},
  ): Promise<Listening> {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    let stderr = '';
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`it has ended: ${stderr}`)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        const url = says(stderr);
        if (url !== undefined) resolve(new Listening(child, url));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.removeAllListeners('exit');
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
