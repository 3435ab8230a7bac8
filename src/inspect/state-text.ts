import { joinedPath, parentOf } from './chart/state-names.ts';

/** Limits that no machine written by a person exceeds: its nesting depth, and its number of active states. */
const maxDepth = 20;
const maxStates = 500;
const maxKeyLength = 200;
const maxTextLength = 2_000;

/**
 * A state's value in words: `open` or `playing.fast`; if several states are active, all of them. A dot in a key is `\.`, as in
 * the ids of a chart.
 */
export function stateText(value: unknown): string {
  return paths(stateValue(value)).join(', ').slice(0, maxTextLength);
}

function paths(value: unknown): string[] {
  if (typeof value === 'string') return [joinedPath('', value)];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => {
    const id = joinedPath('', key);
    const within = paths(inner);
    return within.length === 0 ? [id] : within.map((path) => `${id}.${path}`);
  });
}

/** A state's value in XState's form. A remote app may send anything, so it is shortened, or null if it is invalid. */
export function stateValue(value: unknown): unknown {
  let left = maxStates;
  const bounded = (part: unknown, depth: number): unknown => {
    if (typeof part === 'string') return part.slice(0, maxKeyLength);
    if (typeof part !== 'object' || part === null || depth > maxDepth) return null;
    const fields: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(part)) {
      left -= 1;
      if (left < 0) break;
      fields.push([key.slice(0, maxKeyLength), bounded(inner, depth + 1)]);
    }
    return Object.fromEntries(fields);
  };
  return bounded(value, 0);
}

/** The ids of the states in such a text, with all their ancestors. */
export function activeFromText(text: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const path of text.split(', ')) for (let id = path; id !== ''; id = parentOf(id)) ids.add(id);
  return ids;
}
