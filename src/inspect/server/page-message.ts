import type { PageMessage } from '../protocol.ts';

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 1_000;

/**
 * Reads a message from a page.
 *
 * @throws Error for an invalid message.
 */
export function readPageMessage(text: string): PageMessage {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) throw new Error('the message must be an object');
  const { type, request, seqs, actor, event } = message as Record<string, unknown>;
  if (!isCount(request)) throw new Error('request must be a whole number');
  if (type === 'details' && Array.isArray(seqs) && seqs.every(isCount)) return { type, request, seqs };
  if (type === 'snapshot' && isText(actor)) return { type, request, actor };
  if (type === 'send' && isText(actor) && typeof event === 'object' && event !== null) {
    const { type: eventType, category } = event as Record<string, unknown>;
    if (isText(eventType) && (category === undefined || isText(category))) {
      return {
        type,
        request,
        actor,
        event: { type: eventType, ...(category !== undefined && { category }) },
      };
    }
  }
  throw new Error('the message has an unknown type');
}
