import { joinedPath, parentOf } from './chart/state-names.ts';

/** No machine that a person has written is nested so deep, or has so many states active at once. */
const deepest = 20;
const mostStates = 500;
const longestKey = 200;
const longestText = 2_000;

/**
 * A state's value in words: `open`, `playing.fast`, and where several states are active, all of them. A dot in a key is
 * `\.`, as in the ids of a chart.
 */
export function stateText(value: unknown): string {
  return paths(stateValue(value)).join(', ').slice(0, longestText);
}

function paths(value: unknown): string[] {
  if (typeof value === 'string') return [joinedPath('', value)];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => {
    const id = joinedPath('', key);
    const within = paths(inner);
    return within.length === 0 ? [id] : within.map((path) => `${id}.${path}`);
  });
}

/** A state's value as XState has it. What an app on the wire sends as one can be anything: that is cut, or null. */
export function stateValue(value: unknown): unknown {
  let left = mostStates;
  const bounded = (part: unknown, depth: number): unknown => {
    if (typeof part === 'string') return part.slice(0, longestKey);
    if (typeof part !== 'object' || part === null || depth > deepest) return null;
    const fields: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(part)) {
      left -= 1;
      if (left < 0) break;
      fields.push([key.slice(0, longestKey), bounded(inner, depth + 1)]);
    }
    return Object.fromEntries(fields);
  };
  return bounded(value, 0);
}

/** The ids of the states in such a text: each with those around it. */
export function activeFromText(text: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const path of text.split(', ')) for (let id = path; id !== ''; id = parentOf(id)) ids.add(id);
  return ids;
}
