import type { ToolRegistryEmitted } from '../../machines/registry-events.ts';
import { show } from '../../machines/rule.ts';

/** The types of the events that the registry actor emits. */
export const eventTypes = [
  'circuit.opened',
  'circuit.halfOpened',
  'circuit.closed',
  'circuit.isolated',
  'circuit.disabled',
  'circuit.denied',
  'circuit.spared',
  'loop.warned',
  'loop.denied',
  'loop.stopped',
  'loop.ended',
  'recovery.paused',
  'recovery.resumed',
  'fleet.connected',
  'fleet.degraded',
  'fleet.left',
  'fleet.voted',
  'fleet.opened',
  'fleet.closed',
  'fleet.leased',
  'fleet.ordered',
] as const satisfies readonly ToolRegistryEmitted['type'][];

/** @throws TypeError for an event type that is never emitted, because its listener would wait forever. */
export function checkEventType(type: unknown): void {
  if (type === '*' || eventTypes.some((each) => each === type)) return;
  throw new TypeError(
    `${show(type)} is not an event; the events are ${eventTypes.join(', ')}, and * for all`,
  );
}
