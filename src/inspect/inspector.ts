import type { ToolRegistry } from 'toolfuse';
import type { InspectOptions } from './options.ts';

/** What is said of a registry that is shown. */
export interface AttachOptions {
  /** What the page calls it. Default: the `name` of the inspector, or else `toolfuse`. */
  readonly name?: string | undefined;
  /** The states of a circuit before, oldest first, by the circuit's name: each with its wall-clock time in ms. Default: none. */
  readonly past?:
    | ((circuit: string) => readonly { readonly state: string; readonly at: number }[])
    | undefined;
}

/** A running inspector. */
export interface Inspector {
  /** The page's address. The part after the `#` is its key: anybody who has it can read, and use the controls. */
  readonly url: string;
  /** The address that any XState app can connect to, with `createWebSocketInspector({ url })` of `@statelyai/inspect`. */
  readonly appUrl: string;
  /** Shows another registry. @returns A function that removes it. */
  attach(registry: ToolRegistry, options?: AttachOptions): () => void;
  /** Closes everything: pages, apps, registries and the port. */
  close(): Promise<void>;
  /** Closes the inspector at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a page that shows a registry's circuits live: a board, statecharts, and the sequence of events.
 *
 * @example
 * const inspector = await inspect(registry, { open: true });
 *
 * @throws (as a rejection) TypeError or RangeError for invalid options, Error if the port is taken.
 */
export async function inspect(registry: ToolRegistry, options: InspectOptions = {}): Promise<Inspector> {
  const inspector = await serveInspector(options);
  inspector.attach(registry);
  return inspector;
}

/**
 * Serves the page without a registry; apps connect to `appUrl`, and registries can be attached later.
 *
 * @example
 * const inspector = await serveInspector({ keepAlive: true });
 * const detach = inspector.attach(registry, { name: 'support agent' });
 *
 * @throws (as a rejection) TypeError or RangeError for invalid options, Error if the port is taken.
 */
export async function serveInspector(options: InspectOptions = {}): Promise<Inspector> {
  // Imported on demand, because the server does not load in a browser.
  const { serve } = await import('./server/serve.ts');
  return serve(options);
}
