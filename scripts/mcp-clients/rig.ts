/** A user's machine: a home, servers, a model, and one client with its own commands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AskedCall, type Conversation, startFakeModel } from './fake-model.ts';
import { installed } from './install.ts';
import { type McpClient, pagesKey, type ServerToAdd } from './mcp-client.ts';
import { writeNotesServer } from './notes-server.ts';

/** The command as it is built. */
const toolfuse = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));

/** After how long a client is ended that does not end by itself, in ms. */
const patienceMs = 180_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The names of the tools. No client has one that ends like them. */
export const noteTool = 'look_up_note';
export const pageTool = 'look_up_page';

type Plan = 'ends' | 'fails' | 'dies';

export class Rig {
  readonly #client: McpClient;
  readonly #program: readonly string[];
  readonly #root: string;
  readonly #model: Awaited<ReturnType<typeof startFakeModel>>;
  readonly #pages: ChildProcess;
  readonly #servers: readonly ServerToAdd[];

  private constructor(
    client: McpClient,
    parts: {
      readonly program: readonly string[];
      readonly root: string;
      readonly model: Awaited<ReturnType<typeof startFakeModel>>;
      readonly pages: ChildProcess;
      readonly servers: readonly ServerToAdd[];
    },
  ) {
    this.#client = client;
    this.#program = parts.program;
    this.#root = parts.root;
    this.#model = parts.model;
    this.#pages = parts.pages;
    this.#servers = parts.servers;
  }

  static async start(client: McpClient): Promise<Rig> {
    const program = client.program(await installed(client.packageName, client.version));
    const root = mkdtempSync(join(tmpdir(), `toolfuse-${client.id}-`));
    for (const folder of ['home', 'project']) mkdirSync(join(root, folder));
    const script = writeNotesServer(root);
    const model = await startFakeModel();
    // Continue has no place for a key that a command could hand on.
    const key = client.id === 'continue' ? '' : pagesKey;
    const pages = spawn(process.execPath, [script, join(root, 'pages'), pageTool, key], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(pages.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const servers: ServerToAdd[] = [
      { name: 'notes', command: [process.execPath, script, join(root, 'notes'), noteTool], url: undefined },
      { name: 'pages', command: undefined, url: `http://127.0.0.1:${port.toString().trim()}/mcp` },
    ];
    return new Rig(client, { program, root, model, pages, servers });
  }

  get home(): string {
    return join(this.#root, 'home');
  }

  get #file(): string {
    return join(this.home, this.#client.file);
  }

  /** The text of the client's configuration. */
  get text(): string {
    return readFileSync(this.#file, 'utf8');
  }

  /** Whether toolfuse has left anything in the configuration or beside it. */
  get hasTraces(): boolean {
    return /toolfuse.dist/.test(this.text) || existsSync(`${this.#file}.before-toolfuse`);
  }

  /** Writes the configuration by the client's own command, where it has one. */
  async addServers(): Promise<void> {
    const { begin, add, file } = this.#client;
    if (begin !== undefined) this.write(file, begin(this.#model.url));
    for (const server of this.#servers) {
      const how = add(server);
      if ('text' in how) appendFileSync(this.#file, how.text);
      else await this.#own(how);
    }
  }

  /** Writes a file below the home of the user. */
  write(file: string, text: string): void {
    const path = join(this.home, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Says what the server of notes does from now on. */
  plan(plan: Plan | 'works'): void {
    for (const each of ['ends', 'fails', 'dies']) rmSync(join(this.#root, `notes.${each}`), { force: true });
    if (plan !== 'works') writeFileSync(join(this.#root, `notes.${plan}`), '');
  }

  /** @throws Error with what it printed, if it fails. */
  async toolfuse(...args: readonly string[]): Promise<string> {
    return this.#run([process.execPath, toolfuse, ...args]);
  }

  /** What the client's list says of the server of notes. */
  async listed(): Promise<string> {
    const { list } = this.#client;
    if (list === undefined) return '–';
    const output = await this.#own(list.words);
    const line = output.split('\n').find((each) => /\bnotes\b.*/.test(each)) ?? '';
    if (list.connected.test(line))
      return list.connected.source === list.failed.source ? 'listed' : 'connected';
    return list.failed.test(line) ? 'failed' : `says ${JSON.stringify(line)}`;
  }

  /** Runs the client once, and lets its model ask for calls. */
  async converse(calls: readonly AskedCall[]): Promise<Conversation> {
    this.#model.begin(calls);
    await this.#own(this.#client.run(this.#model.url));
    return this.#model.conversation();
  }

  async #own(words: readonly string[]): Promise<string> {
    return this.#run([...this.#program, ...words]);
  }

  async #run([command = '', ...args]: readonly string[]): Promise<string> {
    const { PATH = '' } = process.env;
    const child = spawn(command, args, {
      cwd: join(this.#root, 'project'),
      env: { PATH, HOME: this.home, TERM: 'xterm-256color', ...this.#client.environment(this.#model.url) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { code, output } = await endOf(child);
    if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  close(): void {
    this.#model.close();
    this.#pages.kill();
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  } finally {
    clearTimeout(timer);
  }
}
