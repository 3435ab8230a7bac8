import { aFunction, anything, checkFields, type Rules, trueOrFalse } from '../../../machines/rule.ts';
import type { Sanitize } from '../sanitize.ts';
import type { ViewerServer } from './viewer-guard.ts';

/** Options of the classic inspector. */
export interface ClassicOptions {
  /** In Node.js: a `WebSocketServer` of `ws` that viewers connect to. Closing it remains your job. */
  readonly server?: ViewerServer;
  /** In a browser: the `<iframe>` for the viewer, or a function that returns it; false for a separate window. */
  readonly iframe?: unknown;
  /** In a browser: the viewer's address. Default: Stately's. */
  readonly url?: string;
  /** In a browser: a window that already contains the viewer. */
  readonly targetWindow?: unknown;
  /** Whether viewers can send events to the circuits. Default false, because anybody who can reach the server could. */
  readonly controls?: boolean;
  /** Returns the value to show instead of an event or context, for example without its secrets. */
  readonly sanitize?: Sanitize;
}

const rules: Rules<keyof ClassicOptions> = {
  server: anything,
  iframe: anything,
  url: anything,
  targetWindow: anything,
  controls: trueOrFalse,
  sanitize: aFunction,
};

/** @throws TypeError for an unknown setting, RangeError for an invalid value; both name the setting and the value. */
export function checkClassicOptions(options: ClassicOptions): void {
  checkFields<ClassicOptions>(options, rules, 'inspectClassic');
}
