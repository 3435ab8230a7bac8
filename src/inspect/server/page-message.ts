import { keptMs } from '../history/state-spans.ts';
import { maxLanesPerRequest, type PageMessage } from '../protocol.ts';

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
/** The most parts of a lane. */
const maxParts = 500;

const isWithin = (value: unknown, most: number): value is number =>
  isCount(value) && value > 0 && value <= most;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 1_000;

/**
 * Reads a message from a page.
 *
 * @throws Error for an invalid message.
 */
export function readPageMessage(text: string): PageMessage {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) throw new Error('the message must be an object');
  const { type, request, seqs, actor, event, actors, spanMs, parts } = message as Record<string, unknown>;
  if (!isCount(request)) throw new Error('request must be a whole number');
  if (type === 'details' && Array.isArray(seqs) && seqs.every(isCount)) return { type, request, seqs };
  if (type === 'lanes' && Array.isArray(actors) && actors.every(isText) && isWithin(parts, maxParts)) {
    if (isWithin(spanMs, keptMs)) {
      return { type, request, actors: actors.slice(0, maxLanesPerRequest), spanMs, parts };
    }
  }
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
