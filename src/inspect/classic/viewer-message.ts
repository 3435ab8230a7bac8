import { isFields } from '../chart/definition.ts';

/** The longest message to accept from a viewer, in characters; real ones are short. */
export const maxMessageLength = 100_000;

/** Parses JSON; undefined if it is invalid. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * Whether a viewer's message may be passed on. The package accepts any message, and one that it cannot read would end the
 * process.
 *
 * @param controls Whether it may send events to the actors.
 */
export function isViewerMessage(message: unknown, controls: boolean): boolean {
  if (!isFields(message)) return false;
  if (message.type === 'xstate.inspecting') return true;
  if (!controls || message.type !== 'xstate.event' || typeof message.event !== 'string') return false;
  const event = message.event.length > maxMessageLength ? undefined : parsed(message.event);
  if (!isFields(event) || typeof event.origin !== 'string') return false;
  return isFields(event.data) && typeof event.data.type === 'string';
}
