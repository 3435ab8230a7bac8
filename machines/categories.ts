/**
 * The kind of a failure. Only some kinds say anything about the health of a tool: a timeout does, an invalid argument does
 * not.
 */
export type ErrorCategory =
  | 'network'
  | 'timeout'
  | 'rateLimit'
  | 'serviceUnavailable'
  | 'executionError'
  | 'circuitOpen'
  | 'authentication'
  | 'invalidParameters'
  | 'toolNotFound'
  | 'resourceNotFound'
  | 'permissionDenied'
  | 'policyViolation'
  | 'planningPolicyViolation'
  | 'sandboxFailure'
  | 'resourceExhausted'
  | 'cancelled';

/** Advice on how a caller may retry after a failure of one category. The circuit itself never retries. */
export interface RetryAdvice {
  /** How many attempts to make after the first one; 0 if a retry cannot help. */
  readonly attempts: number;
  /** How long to wait before the first retry, in ms. */
  readonly baseDelayMs: number;
  /** The longest wait between two retries, in ms. */
  readonly maxDelayMs: number;
}

/** The properties of an error category. */
export interface CategoryInfo {
  /** Whether a failure of this category counts against the circuit. Other failures do not change it. */
  readonly counted: boolean;
  /** Whether the same call may succeed later without changes. */
  readonly retryable: boolean;
  readonly retry: RetryAdvice;
  /** A few words for a person: `rate limit exceeded`. */
  readonly label: string;
  /** Suggestions for a person or a model, most useful first. */
  readonly hints: readonly string[];
}

const never: RetryAdvice = Object.freeze({ attempts: 0, baseDelayMs: 0, maxDelayMs: 0 });
const retries = (attempts: number, baseDelayMs: number, maxDelayMs: number): RetryAdvice =>
  Object.freeze({ attempts, baseDelayMs, maxDelayMs });
const info = (
  counted: 'counted' | 'ignored',
  retry: RetryAdvice,
  label: string,
  ...hints: string[]
): CategoryInfo =>
  Object.freeze({
    counted: counted === 'counted',
    retryable: retry.attempts > 0,
    retry,
    label,
    hints: Object.freeze(hints),
  });

/** Every category with its properties. */
export const errorCategories: Readonly<Record<ErrorCategory, CategoryInfo>> = Object.freeze({
  network: info(
    'counted',
    retries(3, 1_000, 10_000),
    'network error',
    'Check that the host is reachable and that its server is running.',
    'Try again shortly: dropped connections often recover.',
  ),
  timeout: info(
    'counted',
    retries(2, 1_000, 15_000),
    'timed out',
    'Request less at once, or allow the call more time.',
    'Try again later if the server is under load.',
  ),
  rateLimit: info(
    'counted',
    retries(3, 5_000, 60_000),
    'rate limit exceeded',
    'Wait before the next call, for as long as the server asks.',
    'Make fewer calls, or combine several into one.',
  ),
  serviceUnavailable: info(
    'counted',
    retries(3, 2_000, 30_000),
    'service unavailable',
    'Wait for the service to recover.',
    'Check its status page or logs.',
  ),
  executionError: info(
    'counted',
    never,
    'execution failed',
    'Read the error before calling again: the same call is likely to fail again.',
    'Change the arguments or take another approach.',
  ),
  circuitOpen: info(
    'ignored',
    retries(1, 5_000, 120_000),
    'circuit open',
    'The call did not run. Wait until the time given in the denial.',
    'Continue with work that does not need this tool.',
  ),
  authentication: info(
    'ignored',
    never,
    'authentication failed',
    'Check the credentials: they are missing, wrong or expired.',
    'Ask the user to sign in again.',
  ),
  invalidParameters: info(
    'ignored',
    never,
    'invalid parameters',
    "Compare the arguments with the tool's schema and correct them.",
  ),
  toolNotFound: info(
    'ignored',
    never,
    'tool not found',
    'Use a name from the list of tools: this one does not exist.',
    'The list may have changed: request it again.',
  ),
  resourceNotFound: info(
    'ignored',
    never,
    'resource not found',
    'Check the path, id or address: nothing is there.',
    'List what exists before the next call.',
  ),
  permissionDenied: info(
    'ignored',
    never,
    'permission denied',
    'The credentials are known but not allowed to do this.',
    'Ask the user for access, or work within what is allowed.',
  ),
  policyViolation: info(
    'ignored',
    never,
    'refused by policy',
    'The call is not allowed. Do not look for a way around the rule.',
    'Ask the user whether the rule should be changed.',
  ),
  planningPolicyViolation: info(
    'ignored',
    never,
    'refused while planning',
    'This tool must not run before the plan is approved. Finish the plan first.',
  ),
  sandboxFailure: info(
    'ignored',
    never,
    'sandbox failure',
    'The sandbox could not run the call: its setup is at fault, not the tool.',
    'Ask the user to check the sandbox.',
  ),
  resourceExhausted: info(
    'ignored',
    never,
    'resource exhausted',
    'A quota, disk, memory or budget is used up: free some or raise the limit.',
    'Ask the user before continuing.',
  ),
  cancelled: info('ignored', never, 'cancelled', 'The caller gave up on the call; nothing needs fixing.'),
});

/** All categories, counted ones first. */
export const errorCategoryNames: readonly ErrorCategory[] = Object.freeze(
  Object.keys(errorCategories) as ErrorCategory[],
);

const known: ReadonlySet<unknown> = new Set(errorCategoryNames);

/** Whether a value is the name of a category. */
export function isErrorCategory(value: unknown): value is ErrorCategory {
  return known.has(value);
}

/** Whether a failure of this category counts against a circuit. A missing or unknown one is read as `executionError`. */
export function isCounted(category?: ErrorCategory): boolean {
  return category === undefined || !known.has(category) || errorCategories[category].counted;
}
