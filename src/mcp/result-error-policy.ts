/**
 * How to read an `isError` result. `tool`: as a failure of its tool, unless its text says that the caller was at fault. `known`: as a
 * failure only if its text names the network, a timeout, a rate limit or unavailability; anything else is the tool's answer, which is
 * neither a failure nor a success. `ignore`: as a success.
 */
export type ResultErrors = 'tool' | 'known' | 'ignore';

/** The policies, for a rule. */
export const resultErrorPolicies: readonly ResultErrors[] = ['tool', 'known', 'ignore'];
