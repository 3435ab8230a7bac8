/** A state's value in words: `open`, `playing.fast`, and where several states are active, all of them. */
export function stateText(value: unknown): string {
  return paths(value).join(', ');
}

function paths(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value.slice(0, 200)];
  if (typeof value !== 'object' || value === null || depth > 20) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const within = paths(inner, depth + 1);
    return within.length === 0 ? [key] : within.map((path) => `${key}.${path}`);
  });
}
