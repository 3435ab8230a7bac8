import type { ToolRegistry } from 'toolfuse';
import type { InspectionEvent, Observer } from 'xstate';
import { followConnection, type StatelyAdapter } from './stately-connection.ts';

/** An XState inspection observer. */
export type InspectionObserver = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** The part of an inspector of `@statelyai/inspect` that is used here. */
export interface StatelyInspector {
  readonly inspect: InspectionObserver;
  readonly adapter: object;
}

/** The events that `@statelyai/inspect` forwards. It schedules a task for every event, so others are not passed to it. */
const sent: ReadonlySet<InspectionEvent['type']> = new Set([
  '@xstate.actor',
  '@xstate.event',
  '@xstate.snapshot',
]);

/**
 * Shows a registry to an inspector: first the registry and its circuits in their current states, then every event. It may be
 * called at any time. Errors of the inspector are printed and go no further.
 *
 * @example
 * import { createWebSocketInspector } from '@statelyai/inspect';
 * const detach = attachInspector(registry, createWebSocketInspector({ url: 'ws://127.0.0.1:8080' }));
 *
 * @param inspector An inspector of `@statelyai/inspect`, or any XState inspection observer. An inspector with a socket is
 * sent nothing while that is disconnected, and everything again each time it connects.
 * @returns A function that detaches the inspector.
 * @throws TypeError if `inspector` is not an inspector.
 */
export function attachInspector(
  registry: ToolRegistry,
  inspector: StatelyInspector | InspectionObserver,
): () => void {
  const stately = statelyInspector(inspector);
  const show = contained(stately?.inspect ?? (inspector as InspectionObserver));
  const { system, sessionId: rootId } = registry.actor;
  let subscription: { unsubscribe(): void } | undefined;

  const onConnected = (): void => {
    for (const actorRef of [registry.actor, ...registry.circuits()]) {
      show({ type: '@xstate.actor', rootId, actorRef });
    }
    subscription ??= system.inspect((event) => {
      if (stately === undefined || sent.has(event.type)) show(event);
    });
  };
  const onLost = (): void => {
    subscription?.unsubscribe();
    subscription = undefined;
  };
  const adapter: StatelyAdapter = stately?.adapter ?? {};
  const stop = followConnection(adapter, { onConnected, onLost });
  return () => {
    stop();
    onLost();
  };
}

function statelyInspector(inspector: unknown): StatelyInspector | undefined {
  if (typeof inspector === 'function') return undefined;
  if (typeof inspector === 'object' && inspector !== null) {
    if ('inspect' in inspector) return inspector as StatelyInspector;
    if ('next' in inspector) return undefined;
  }
  throw new TypeError(
    `inspector must be one of @statelyai/inspect, or an inspection observer, got ${inspector === null ? 'null' : typeof inspector}`,
  );
}

/** Contains the observer's errors: in XState, an observer that throws loses the event or ends the actor. */
function contained(observer: InspectionObserver): (event: InspectionEvent) => void {
  const next = typeof observer === 'function' ? observer : observer.next?.bind(observer);
  return (event) => {
    try {
      next?.(event);
    } catch (fault) {
      console.error('toolfuse: the inspector threw', fault);
    }
  };
}
