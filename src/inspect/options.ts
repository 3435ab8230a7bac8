import { aFunction, aText, checkFields, type Rules, trueOrFalse, wholeNumber } from '../../machines/rule.ts';
import type { Sanitize } from './sanitize.ts';
import type { TwoWayStream } from './two-way-stream.ts';

/** Another process whose circuits a page shows. */
export interface InspectedProcess {
  /** What tells it from others. */
  readonly id: string;
  /** What the page calls it. */
  readonly name: string;
  /** Connects to it: what is written to the stream must reach the `answer` of its `answerInspectors`. */
  connect(): TwoWayStream;
}

/** Options of the inspector. */
export interface InspectOptions {
  /** The port to listen on, from 0 to 65 535. Default 0: any free port. */
  readonly port?: number;
  /** The local address to listen on: `127.0.0.1` (default), `::1` or `localhost`. */
  readonly host?: string;
  /** Whether to open the page in the browser at once. Default false. */
  readonly open?: boolean;
  /** Whether the page can send events to circuits and registries. Default false. */
  readonly controls?: boolean;
  /**
   * Returns the value to show instead of an event, context, input, output, error or definition. Default: everything is shown.
   *
   * @example
   * { sanitize: (value, { kind }) => (kind === 'error' ? 'hidden' : value) }
   */
  readonly sanitize?: Sanitize;
  /** What is inspected, for the title of the page. Default: no name. */
  readonly name?: string;
  /** Lists other processes to show on the page, each in a part of its own. It is called every 2 s. Default: none. */
  readonly processes?: () => Promise<readonly InspectedProcess[]>;
  /** How many events are kept, from 10 to 100 000. Default 2 000. */
  readonly history?: number;
  /** Whether the server keeps the process alive, as it does for the command. Default false. */
  readonly keepAlive?: boolean;
}

/** The options, checked and complete. */
export interface InspectSettings {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
  readonly controls: boolean;
  readonly sanitize: Sanitize | undefined;
  readonly name: string | undefined;
  readonly processes: (() => Promise<readonly InspectedProcess[]>) | undefined;
  readonly history: number;
  readonly keepAlive: boolean;
}

const defaults: InspectSettings = {
  port: 0,
  host: '127.0.0.1',
  open: false,
  controls: false,
  sanitize: undefined,
  name: undefined,
  processes: undefined,
  history: 2_000,
  keepAlive: false,
};

const rules: Rules<keyof InspectOptions> = {
  port: wholeNumber(0, 65_535),
  host: [
    'an address of this machine alone: 127.0.0.1, ::1 or localhost',
    (value) => value === '127.0.0.1' || value === '::1' || value === 'localhost',
  ],
  open: trueOrFalse,
  controls: trueOrFalse,
  sanitize: aFunction,
  name: aText,
  processes: aFunction,
  history: wholeNumber(10, 100_000),
  keepAlive: trueOrFalse,
};

/**
 * Checks the options of an inspector.
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value; both name the setting and the value.
 */
export function checkInspectOptions(options: InspectOptions): InspectSettings {
  return { ...defaults, ...checkFields<InspectOptions>(options, rules, 'inspect') };
}
