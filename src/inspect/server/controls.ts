import { errorCategoryNames, isErrorCategory } from 'toolfuse/machines';
import type { ActorKind } from '../protocol.ts';

interface Asked {
  readonly type: string;
  readonly category?: string;
}

const forCircuits: readonly string[] = [
  'SUCCESS',
  'FAILURE',
  'REQUEST',
  'ISOLATE',
  'RELEASE',
  'DISABLE',
  'CLOSE',
  'RESET',
];

/**
 * Reads an event that a page asks to send, if it is one of the allowed ones.
 *
 * @throws RangeError for any other event, which it names.
 */
export function controlEvent(
  kind: ActorKind,
  { type, category }: Asked,
): { type: string; category?: string } {
  if (kind === 'registry') {
    if (type === 'ACKNOWLEDGE') return { type };
    throw new RangeError(`event.type must be ACKNOWLEDGE for a registry, got ${type.slice(0, 100)}`);
  }
  if (kind !== 'circuit') throw new RangeError('Only circuits and registries accept events from the page.');
  if (!forCircuits.includes(type)) {
    throw new RangeError(`event.type must be one of ${forCircuits.join(', ')}, got ${type.slice(0, 100)}`);
  }
  if (type !== 'FAILURE') return { type };
  if (category === undefined) return { type };
  if (!isErrorCategory(category)) {
    throw new RangeError(
      `event.category must be one of ${errorCategoryNames.join(', ')}, got ${category.slice(0, 100)}`,
    );
  }
  return { type, category };
}
