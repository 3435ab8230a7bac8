import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { InspectedProcess } from '../options.ts';
import type { ProcessNews } from '../protocol.ts';
import { asDuplex } from '../two-way-stream.ts';

/** How often other processes are looked for, in ms. */
const lookMs = 2_000;
/** While a page has more unsent bytes than this, nothing more is read from its process. */
const maxUnsentBytes = 2 * 2 ** 20;
/** The longest message of a process, in characters. */
const maxMessageLength = 64 * 2 ** 20;
const maxProcesses = 64;

/** The other processes whose circuits the pages show: what a process says is passed on to the page, and the other way round. */
export class Processes {
  readonly #list: (() => Promise<readonly InspectedProcess[]>) | undefined;
  readonly #onChange: (news: readonly ProcessNews[]) => void;
  #known = new Map<string, InspectedProcess>();
  readonly #streams = new Set<Duplex>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    list: (() => Promise<readonly InspectedProcess[]>) | undefined,
    onChange: (news: readonly ProcessNews[]) => void,
  ) {
    this.#list = list;
    this.#onChange = onChange;
  }

  /** How many pages are passed on. */
  get count(): number {
    return this.#streams.size;
  }

  async start(): Promise<void> {
    if (this.#list === undefined) return;
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  find(id: string): InspectedProcess | undefined {
    return this.#known.get(id);
  }

  /** Connects a page with a process, until either ends. */
  connect(process: InspectedProcess, socket: WebSocket): void {
    const stream = asDuplex(process.connect());
    this.#streams.add(stream);
    let unread = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      if (unread.length > maxMessageLength) return stream.destroy();
      for (const line of lines) if (socket.readyState === socket.OPEN) socket.send(line, resume);
      if (socket.bufferedAmount > maxUnsentBytes) stream.pause();
    });
    const resume = (): void => {
      if (socket.bufferedAmount <= maxUnsentBytes && stream.isPaused()) stream.resume();
    };
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      this.#streams.delete(stream);
      socket.close(1000);
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary || stream.writableLength > maxUnsentBytes) socket.terminate();
      else stream.write(`${String(data).replaceAll('\n', ' ')}\n`);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => stream.destroy());
  }

  close(): void {
    clearInterval(this.#timer);
    for (const stream of this.#streams) stream.destroy();
  }

  /** Looks for processes that have come or gone. If that fails, those known stay. */
  async #look(): Promise<void> {
    try {
      const all = ((await this.#list?.()) ?? []).slice(0, maxProcesses);
      const before = [...this.#known.keys()].join('\n');
      this.#known = new Map(all.map((each) => [each.id, each]));
      if ([...this.#known.keys()].join('\n') !== before)
        this.#onChange(all.map(({ id, name }) => ({ id, name })));
    } catch (fault) {
      console.error('toolfuse: the other processes cannot be listed', fault);
    }
  }
}
