import { visible } from './visible.ts';

/** How the log is written: for a person, for a program, or not at all. */
export type LogFormat = 'human' | 'json' | 'none';

export const logFormats: readonly LogFormat[] = ['human', 'json', 'none'];

type Value = string | number | boolean | null;
type Fields = Readonly<Record<string, Value>>;

export interface ProxyLogOptions {
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly now: () => Date;
  /** The name of the server, to tell the logs of several apart. */
  readonly server: string;
  /** Whether the output understands ANSI colours. */
  readonly colours: boolean;
}

/** How many lines of one kind of trouble are logged. After that, every thousandth one is. */
const maxRepeats = 5;
const troubles = new Set(['message.garbage', 'message.tooLong', 'server.undelivered']);

const colourOf = (event: string): number => {
  if (/opened|lost|timedOut|tooLong|undelivered|isolated/.test(event)) return 31;
  if (/denied|garbage|halfOpened|paused/.test(event)) return 33;
  return /closed|started|restored|resumed/.test(event) ? 32 : 2;
};

/** Logs what happens, one event a line. Arguments and results of calls are never part of it, except with `--log-payloads`. */
export class ProxyLog {
  readonly #options: ProxyLogOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: ProxyLogOptions) {
    this.#options = options;
  }

  tell(event: string, fields: Fields): void {
    const { format } = this.#options;
    if (format === 'none' || !this.#isNews(event)) return;
    this.#options.write(format === 'json' ? this.#json(event, fields) : this.#human(event, fields));
  }

  #isNews(event: string): boolean {
    if (!troubles.has(event)) return true;
    const count = (this.#counts.get(event) ?? 0) + 1;
    this.#counts.set(event, count);
    return count <= maxRepeats || count % 1_000 === 0;
  }

  #json(event: string, fields: Fields): string {
    const { now, server } = this.#options;
    return visible(JSON.stringify({ time: now().toISOString(), server, event, ...fields }));
  }

  #human(event: string, fields: Fields): string {
    const { now, server, colours } = this.#options;
    const time = now().toTimeString().slice(0, 8);
    const told = Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(
        ([name, value]) => `${name}=${typeof value === 'string' ? visible(JSON.stringify(value)) : value}`,
      );
    const name = colours ? `\u001b[${colourOf(event)}m${event}\u001b[0m` : event;
    return [`toolfuse ${time}`, visible(server), name, ...told].join(' ');
  }
}
