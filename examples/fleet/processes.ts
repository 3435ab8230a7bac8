import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ProcessOrders, ProcessReport } from './process.ts';

/** A tool of the demo, which dies when it is told to, and counts the calls that reach it. */
export class DemoTool {
  isDead = false;
  /** Calls that came while it was dead. */
  wasted = 0;
  readonly #server = createServer((_, response) => {
    this.wasted += Number(this.isDead);
    response.writeHead(this.isDead ? 503 : 200).end(this.isDead ? 'the tool is dead' : 'found');
  });

  /** @returns Its URL. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** The processes of the demo. */
export class Processes {
  readonly #children: ChildProcess[];

  constructor(program: string, orders: readonly ProcessOrders[]) {
    this.#children = orders.map((each) =>
      fork(program, [JSON.stringify(each)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
  }

  reports(): Promise<ProcessReport[]> {
    return Promise.all(
      this.#children.map(
        (child) =>
          new Promise<ProcessReport>((resolve, reject) => {
            const onExit = (): void => reject(new Error('a process has ended before its time'));
            child.once('exit', onExit);
            child.once('message', (report) => {
              child.off('exit', onExit);
              resolve(report as ProcessReport);
            });
            child.send('report');
          }),
      ),
    );
  }

  /** Waits until something is true of all of them. */
  async until(isTrue: (report: ProcessReport) => boolean): Promise<void> {
    while (!(await this.reports()).every(isTrue)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const gone = once(child, 'exit');
        child.send('end');
        await gone;
      }),
    );
  }

  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
