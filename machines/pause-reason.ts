const maxNames = 10;
const maxNameLength = 60;

const shorten = (name: string): string =>
  name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;

/**
 * Why the agent should stop and ask: `3 circuits open: a, b, c`. Long lists and long names are shortened. A tool that may not
 * trip because too many others have is named as well.
 */
export function pauseReason(openCircuits: readonly string[], overCap: string | null = null): string {
  const names = openCircuits.slice(0, maxNames).map(shorten);
  const more = openCircuits.length - names.length;
  const list = more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
  const open = `${openCircuits.length} ${openCircuits.length === 1 ? 'circuit' : 'circuits'} open: ${list}`;
  return overCap === null ? open : `${open}; ${shorten(overCap)} fails too, and no more may open`;
}
