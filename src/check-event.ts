/** @throws TypeError for what is no event, or is one of XState's own: either would end the actor that it is sent to. */
export function checkEvent(event: unknown): void {
  const type: unknown = (event as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== 'string') {
    throw new TypeError(
      `an event must be an object with a type such as 'FAILURE', got ${shown(event, type)}`,
    );
  }
  if (type.startsWith('xstate.') || type.includes('*')) {
    throw new TypeError(`an event of the type '${type}' cannot be sent`);
  }
}

const shown = (event: unknown, type: unknown): string =>
  typeof event === 'object' && event !== null ? `an object whose type is ${String(type)}` : String(event);
