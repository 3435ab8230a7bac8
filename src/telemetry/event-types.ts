import { show } from '../../machines/rule.ts';
import type { ToolRegistryEmitted } from '../../machines/tool-registry.ts';

/** What the registry actor emits. */
export const eventTypes = [
  'circuit.opened',
  'circuit.halfOpened',
  'circuit.closed',
  'circuit.isolated',
  'circuit.disabled',
  'circuit.denied',
  'circuit.spared',
  'recovery.paused',
  'recovery.resumed',
] as const satisfies readonly ToolRegistryEmitted['type'][];

/** @throws TypeError for an event that is never emitted: its listener would wait for ever. */
export function checkEventType(type: unknown): void {
  if (type === '*' || eventTypes.some((each) => each === type)) return;
  throw new TypeError(`${show(type)} is no event; the events are ${eventTypes.join(', ')}, and * for all`);
}
