import type { ToolRegistry } from 'toolfuse';
import type { InspectOptions } from './options.ts';

/** A running inspector. */
export interface Inspector {
  /** The page's address. What follows the `#` is the key to it: whoever has it can read, and use the controls. */
  readonly url: string;
  /** Where any XState app connects with `createWebSocketInspector({ url })` of `@statelyai/inspect`. */
  readonly appUrl: string;
  /** Shows a registry as well. The result takes it away again. */
  attach(registry: ToolRegistry): () => void;
  /** Lets go of everything: pages, apps, registries and the port. */
  close(): Promise<void>;
  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a page on which a registry's circuits can be watched live: a board, statecharts, and the sequence of events.
 *
 * @throws TypeError or RangeError for bad options, Error where the port is taken.
 */
export async function inspect(registry: ToolRegistry, options: InspectOptions = {}): Promise<Inspector> {
  const inspector = await serveInspector(options);
  inspector.attach(registry);
  return inspector;
}

/** Serves the page without a registry: apps connect to `appUrl`, and registries are attached later. */
export async function serveInspector(options: InspectOptions = {}): Promise<Inspector> {
  // A browser has no server to load.
  const { serve } = await import('./server/serve.ts');
  return serve(options);
}
