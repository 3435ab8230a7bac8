import { aFunction, anything, checkFields, type Rules, trueOrFalse } from '../../../machines/rule.ts';
import type { Sanitize } from '../sanitize.ts';
import type { ViewerServer } from './viewer-guard.ts';

/** Where the classic inspector shows a registry, and how. */
export interface ClassicOptions {
  /** In Node.js: a `WebSocketServer` of `ws` that viewers connect to. It stays yours to close. */
  readonly server?: ViewerServer;
  /** In a browser: the `<iframe>` that the viewer is opened in, or a function that finds it; false for a window of its own. */
  readonly iframe?: unknown;
  /** In a browser: the viewer's address. Default that of Stately's. */
  readonly url?: string;
  /** In a browser: a window that the viewer is in already. */
  readonly targetWindow?: unknown;
  /** Whether viewers can send events to the circuits. Default false: anybody who reaches the server could. */
  readonly controls?: boolean;
  /** Gives what is shown instead of an event or a context. */
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

/** @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value. */
export function checkClassicOptions(options: ClassicOptions): void {
  checkFields<ClassicOptions>(options, rules, 'inspectClassic');
}
