import { isFields } from './definition.ts';
import { joinedPath } from './state-names.ts';

/**
 * The ids of the active states for a snapshot's value: `'open'`, or `{ paused: 'waiting' }` for nested states. An invalid value
 * has none.
 */
export function activeStates(value: unknown): string[] {
  const active: string[] = [];
  const add = (part: unknown, parent: string): void => {
    const children = typeof part === 'string' ? { [part]: undefined } : isFields(part) ? part : {};
    for (const [key, inside] of Object.entries(children)) {
      const id = joinedPath(parent, key);
      active.push(id);
      add(inside, id);
    }
  };
  add(value, '');
  return active;
}
