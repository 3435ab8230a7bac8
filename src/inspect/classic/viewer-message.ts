import { isFields } from '../chart/definition.ts';

/** What a viewer sends is short. */
export const longestMessage = 100_000;

/** The value that a text is as JSON; undefined for one that is none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * Whether a viewer may say this: the package takes whatever it is sent, and what it cannot read would end the process.
 *
 * @param controls Whether it may send events to the actors.
 */
export function isViewerMessage(message: unknown, controls: boolean): boolean {
  if (!isFields(message)) return false;
  if (message.type === 'xstate.inspecting') return true;
  if (!controls || message.type !== 'xstate.event' || typeof message.event !== 'string') return false;
  const event = message.event.length > longestMessage ? undefined : parsed(message.event);
  if (!isFields(event) || typeof event.origin !== 'string') return false;
  return isFields(event.data) && typeof event.data.type === 'string';
}
