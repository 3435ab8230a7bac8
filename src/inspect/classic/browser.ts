import { createDevTools, inspect } from '@xstate/inspect';
import type { ToolRegistry } from 'toolfuse';
import { isFields } from '../chart/definition.ts';
import { ActorFollower } from './follow-actors.ts';
import { type ClassicOptions, checkClassicOptions } from './options.ts';
import { isViewerMessage } from './viewer-message.ts';

/**
 * Shows a registry to the viewer of `@xstate/inspect`, the inspector of XState v4, in an `<iframe>` or a window.
 *
 * @example
 * const detach = inspectClassic(registry, { iframe: () => document.querySelector('iframe') });
 *
 * @returns A function that detaches the viewer.
 * @throws TypeError for invalid options, Error if there is no `<iframe>` or window to show it in.
 */
export function inspectClassic(registry: ToolRegistry, options: ClassicOptions = {}): () => void {
  checkClassicOptions(options);
  const { controls = false, sanitize, server: _, ...place } = options;
  const devTools = createDevTools();
  // Added before the package's own listener, which would accept messages from any window.
  const guard = (event: MessageEvent): void => {
    if (
      isFields(event.data) &&
      event.data.type === 'xstate.event' &&
      !isViewerMessage(event.data, controls)
    ) {
      event.stopImmediatePropagation();
    }
  };
  window.addEventListener('message', guard);
  const inspector = inspect({ ...place, devTools } as never);
  if (inspector === undefined) {
    window.removeEventListener('message', guard);
    throw new Error('there is no <iframe data-xstate> to show the inspector in');
  }
  const follower = new ActorFollower(registry, devTools as never, {
    controls,
    sanitize,
    isWatched: () => true,
  });
  return () => {
    follower.stop();
    inspector.disconnect();
    window.removeEventListener('message', guard);
  };
}
