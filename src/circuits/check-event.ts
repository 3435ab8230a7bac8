/** @throws TypeError for an invalid event or one of XState's own, either of which would end the receiving actor. */
export function checkEvent(event: unknown): void {
  const type: unknown = (event as { type?: unknown } | null | undefined)?.type;
  if (typeof type === 'string' && !type.startsWith('xstate.') && !type.includes('*')) return;
  const got =
    typeof event === 'object' && event !== null ? `an object whose type is ${String(type)}` : String(event);
  throw new TypeError(`an event must be an object with a type such as 'FAILURE', got ${got}`);
}
