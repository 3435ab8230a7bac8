const maxNames = 10;
const maxNameLength = 60;

const shorten = (name: string): string =>
  name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, maxNames).map(shorten);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};

/**
 * Why the agent should stop and ask: `3 circuits open: a, b, c`. Long lists and long names are shortened. A tool that may not
 * trip because too many others have is named as well, and so are runs that repeat themselves.
 */
export function pauseReason(
  openCircuits: readonly string[],
  overCap: string | null = null,
  stoppedRuns: readonly string[] = [],
): string {
  const open = `${openCircuits.length} ${openCircuits.length === 1 ? 'circuit' : 'circuits'} open: ${listed(openCircuits)}`;
  const loops = `${stoppedRuns.length === 1 ? 'a run repeats itself' : `${stoppedRuns.length} runs repeat themselves`}: ${listed(stoppedRuns)}`;
  return [
    ...(openCircuits.length > 0 || stoppedRuns.length === 0 ? [open] : []),
    ...(overCap === null ? [] : [`${shorten(overCap)} fails too, and no more may open`]),
    ...(stoppedRuns.length === 0 ? [] : [loops]),
  ].join('; ');
}
