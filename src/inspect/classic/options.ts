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
  /** Whether viewers can send events to the circuits. Default false: whoever reaches the server could. */
  readonly controls?: boolean;
  /** Gives what is shown instead of an event or a context. */
  readonly sanitize?: Sanitize;
}

const known: readonly string[] = ['server', 'iframe', 'url', 'targetWindow', 'controls', 'sanitize'];

/** @throws TypeError for an unknown setting or one of another kind; it names the setting and the value. */
export function checkClassicOptions({ controls, sanitize, ...options }: ClassicOptions): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${name} is no setting of the classic inspector; they are ${known.join(', ')}`);
    }
  }
  if (controls !== undefined && typeof controls !== 'boolean') {
    throw new TypeError(`controls must be true or false, got ${String(controls)}`);
  }
  if (sanitize !== undefined && typeof sanitize !== 'function') {
    throw new TypeError(`sanitize must be a function, got ${String(sanitize)}`);
  }
}
