import type { ToolRegistry } from 'toolfuse';
import type { InspectionEvent, Observer } from 'xstate';
import { followConnection, type StatelyAdapter } from './stately-connection.ts';

/** An XState inspection observer. */
export type InspectionObserver = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** An inspector of `@statelyai/inspect`, as far as it is used here. */
export interface StatelyInspector {
  readonly inspect: InspectionObserver;
  readonly adapter: object;
}

/** What `@statelyai/inspect` sends on. It takes a task for each event, so the others are not even shown to it. */
const sent: ReadonlySet<InspectionEvent['type']> = new Set([
  '@xstate.actor',
  '@xstate.event',
  '@xstate.snapshot',
]);

/**
 * Shows a registry to an inspector: first the registry and every circuit as they are, then all that happens. It may be
 * called at any time. What the inspector throws is printed and goes no further.
 *
 * @param inspector One of `@statelyai/inspect`, or any XState inspection observer. Nothing is done for one with a socket
 * while that is not connected; when it is, also again, everything is shown anew.
 * @returns Ends it.
 * @throws TypeError for what is no inspector.
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

/** In XState, an observer that throws loses the event that it was shown, or the actor. */
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
