/**
 * The name of a circuit: that of its tool, or with a key `fetch (for example.org)`, because a tool can have a circuit for each
 * of its targets or tenants.
 */
export const circuitName = (tool: string, key: string | null = null): string =>
  key === null ? tool : `${tool} (for ${key})`;
