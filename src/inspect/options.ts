import { aFunction, checkFields, type Rules, trueOrFalse, wholeNumber } from '../../machines/rule.ts';
import type { Sanitize } from './sanitize.ts';

/** How the inspector is served. */
export interface InspectOptions {
  /** The port that it listens on. Default 0: any that is free. */
  readonly port?: number;
  /** The address that it listens on, which has to be this machine's own: `127.0.0.1` (default), `::1` or `localhost`. */
  readonly host?: string;
  /** Whether it is opened in the browser at once. Default false. */
  readonly open?: boolean;
  /** Whether events can be sent from the page. Default false. */
  readonly controls?: boolean;
  /** Gives what is shown instead of an event, a context, an input, an output, an error or a definition. */
  readonly sanitize?: Sanitize;
  /** So many events are kept. Default 2 000. */
  readonly history?: number;
  /** Whether it keeps the process alive, as the command does. Default false. */
  readonly keepAlive?: boolean;
}

/** The same, complete and in order. */
export interface InspectSettings {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
  readonly controls: boolean;
  readonly sanitize: Sanitize | undefined;
  readonly history: number;
  readonly keepAlive: boolean;
}

const defaults: InspectSettings = {
  port: 0,
  host: '127.0.0.1',
  open: false,
  controls: false,
  sanitize: undefined,
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
  history: wholeNumber(10, 100_000),
  keepAlive: trueOrFalse,
};

/**
 * Checks how an inspector is to be served.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value.
 */
export function checkInspectOptions(options: InspectOptions): InspectSettings {
  return { ...defaults, ...checkFields<InspectOptions>(options, rules, 'inspect') };
}
