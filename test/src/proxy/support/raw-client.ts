import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { hungMs } from '../../../support/hung.ts';

/** A message of JSON-RPC, with no more than is known about it. */
export interface RawMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number; message: string; data?: unknown };
}

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

export interface RawClientOptions {
  readonly env?: Record<string, string>;
  /** The folder in which it is started. Default: that of the tests. */
  readonly folder?: string | undefined;
  /** What the client answers to a request of the server; undefined for an error that says that it knows no such method. */
  readonly answer?: (request: RawMessage) => Record<string, unknown> | undefined;
}

/** A client that knows nothing about MCP: it writes lines to a server's input, and keeps the lines of its output. */
export class RawClient {
  /** Every line that has arrived, unchanged. */
  readonly lines: string[] = [];
  readonly messages: RawMessage[] = [];
  #stderr = '';
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #answer: RawClientOptions['answer'];
  readonly #gone: Promise<number | null>;
  readonly #waiting = new Set<() => void>();
  #lastId = 0;
  #isGone = false;

  constructor([program, ...args]: CommandLine, { env = {}, folder, answer }: RawClientOptions = {}) {
    this.#answer = answer;
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...env },
      cwd: folder,
    });
    this.#child = child;
    this.#reader = createInterface({ input: child.stdout });
    this.#reader.on('line', (line) => this.#take(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    child.stdin.on('error', () => {});
    this.#gone = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#isGone = true;
        this.#look();
        resolve(code);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The standard error of the server, or of the proxy before it. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Reads nothing for a while. */
  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  writeLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  write(message: Record<string, unknown>): void {
    this.writeLine(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  notify(method: string, params?: Record<string, unknown>): void {
    this.write({ method, ...(params && { params }) });
  }

  /** Sends a request and waits for its answer, a result or an error. */
  request(
    method: string,
    params?: Record<string, unknown>,
    id: number | string = this.nextId(),
  ): Promise<RawMessage> {
    this.write({ id, method, ...(params && { params }) });
    return this.answerTo(id);
  }

  nextId(): number {
    return ++this.#lastId;
  }

  answerTo(id: number | string): Promise<RawMessage> {
    return this.waitFor(
      `the answer to ${id}`,
      (message) => message.id === id && message.method === undefined,
    );
  }

  /** The first matching message, among those from this index on, and those to come. */
  async waitFor(what: string, holds: (message: RawMessage) => boolean, from = 0): Promise<RawMessage> {
    const find = (): RawMessage | undefined => this.messages.slice(from).find(holds);
    for (let found = find(); ; found = find()) {
      if (found !== undefined) return found;
      if (this.#isGone) throw new Error(`the server has gone while ${what} was waited for: ${this.#stderr}`);
      if (!(await this.#next())) {
        const ids = this.messages.map(({ id, method }) => id ?? method).join(' ');
        throw new Error(
          `${what} did not come; these came: ${ids}; last: ${this.lines.at(-1)}; ${this.#stderr}`,
        );
      }
    }
  }

  /** Ends its input and signals it to end, as a client does with a slow server. Resolves when it has ended. */
  async stop(): Promise<number | null> {
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
    return this.#gone;
  }

  /** Ends its input, and waits until it has ended by itself. */
  async endInput(): Promise<number | null> {
    this.#child.stdin?.end();
    return this.#gone;
  }

  #take(line: string): void {
    this.lines.push(line);
    const message = JSON.parse(line) as RawMessage;
    this.messages.push(message);
    if (message.method !== undefined && message.id !== undefined) {
      const result = this.#answer?.(message);
      const error = { code: -32_601, message: 'Method not found' };
      this.write({ id: message.id, ...(result === undefined ? { error } : { result }) });
    }
    this.#look();
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when something arrives, or the server is gone; to false where nothing does for so long that all hangs. */
  #next(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasArrived: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(hasArrived);
      };
      const timer = setTimeout(() => end(false), hungMs);
      const look = (): void => end(true);
      this.#waiting.add(look);
    });
  }
}
