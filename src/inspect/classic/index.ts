import { inspect } from '@xstate/inspect/lib/server.js';
import type { ToolRegistry } from 'toolfuse';
import { ActorFollower, type ClassicDevTools } from './follow-actors.ts';
import { type ClassicOptions, checkClassicOptions } from './options.ts';
import { GuardedServer, type ViewerServer } from './viewer-guard.ts';

export type { Sanitize, Shown } from '../sanitize.ts';
export type { ClassicOptions } from './options.ts';
export type { ViewerServer, ViewerSocket } from './viewer-guard.ts';

const isServer = (server: unknown): server is ViewerServer =>
  typeof server === 'object' && server !== null && 'on' in server && 'clients' in server;

/**
 * Shows a registry to the viewers of `@xstate/inspect`, the inspector of XState v4. This entry contains the package and the
 * XState 4 that it needs.
 *
 * @example
 * import { WebSocketServer } from 'ws';
 * const detach = inspectClassic(registry, { server: new WebSocketServer({ host: '127.0.0.1', port: 8888 }) });
 *
 * @returns A function that detaches the viewers. It does not close the server.
 * @throws TypeError for an unknown setting or a server that is not from `ws`, RangeError for an invalid value; each names the
 * setting and the value.
 */
export function inspectClassic(registry: ToolRegistry, options: ClassicOptions): () => void {
  checkClassicOptions(options);
  const { server, controls = false, sanitize } = options;
  if (!isServer(server)) throw new TypeError(`server must be a WebSocketServer of ws, got ${String(server)}`);
  const guarded = new GuardedServer(server, controls);
  inspect({ server: guarded as never });
  // The package looks for services there, regardless of its options.
  const { __xstate__: devTools } = globalThis as unknown as { readonly __xstate__: ClassicDevTools };
  const follower = new ActorFollower(registry, devTools, {
    controls,
    sanitize,
    isWatched: () => guarded.hasViewers,
  });
  return () => {
    follower.stop();
    guarded.close();
  };
}
