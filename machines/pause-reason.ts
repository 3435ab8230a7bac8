const maxNames = 10;
const maxNameLength = 60;

const shorten = (name: string): string =>
  name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;

function listed(names: readonly string[], first: readonly string[] = names.slice(0, maxNames)): string {
  const shown = first.map(shorten).join(', ');
  const more = names.length - first.length;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The reason while nobody looks, so that the names are not shown: it is put into words once somebody does. */
const unsaid = '';

/**
 * Why the agent should stop and ask: `3 circuits open: a, b, c`. Long lists and long names are shortened. A tool that may not
 * trip because too many others have is named as well, and so are runs that repeat themselves.
 */
export function pauseReason(
  openCircuits: readonly string[],
  overCap: string | null = null,
  stoppedRuns: readonly string[] = [],
): string {
  const count = openCircuits.length;
  const first = openCircuits.slice(0, maxNames);
  if (count > 0 && first.length === 0) return unsaid;
  const reasons: string[] = [];
  if (count > 0) {
    reasons.push(`${count} ${count === 1 ? 'circuit' : 'circuits'} open: ${listed(openCircuits, first)}`);
  }
  if (overCap !== null) reasons.push(`${shorten(overCap)} fails too, and no more may open`);
  if (stoppedRuns.length > 0) {
    const runs =
      stoppedRuns.length === 1 ? 'a run repeats itself' : `${stoppedRuns.length} runs repeat themselves`;
    reasons.push(`${runs}: ${listed(stoppedRuns)}`);
  }
  return reasons.length === 1 ? (reasons[0] as string) : reasons.join('; ');
}
