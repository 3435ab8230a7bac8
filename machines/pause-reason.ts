const namesShown = 10;
const charactersShown = 60;

const shorten = (name: string): string =>
  name.length > charactersShown ? `${name.slice(0, charactersShown)}…` : name;

/**
 * Why the agent should stop and ask: `3 circuits open: a, b, c`. Long lists and long names are cut. A tool that may not
 * trip any more, because too many have, is named as well.
 */
export function pauseReason(openCircuits: readonly string[], overCap: string | null = null): string {
  const names = openCircuits.slice(0, namesShown).map(shorten);
  const more = openCircuits.length - names.length;
  const list = more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
  const open = `${openCircuits.length} ${openCircuits.length === 1 ? 'circuit' : 'circuits'} open: ${list}`;
  return overCap === null ? open : `${open}; ${shorten(overCap)} fails too, and no more may open`;
}
