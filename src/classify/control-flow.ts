import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { read, readName } from './read.ts';

/** What Next.js writes into the `digest` of its redirects and of what leaves a static page. */
const digest =
  /^(?:NEXT_REDIRECT;|NEXT_NOT_FOUND$|NEXT_HTTP_ERROR_FALLBACK;|DYNAMIC_SERVER_USAGE$|BAILOUT_TO_CLIENT_SIDE_RENDERING$)/;

/**
 * `cancelled` for what is thrown to steer a run and reports no failure: an interrupt that waits for a person, a jump to
 * another graph, a redirect, a promise that React waits for. Those that have a class of their own are known by that.
 */
export function byControlFlow(error: unknown): ErrorCategory | undefined {
  const steers =
    read(error, 'is_bubble_up') === true ||
    typeof read(error, 'then') === 'function' ||
    digest.test(readName(error, 'digest') ?? '') ||
    isRedirect(error);
  return steers ? 'cancelled' : undefined;
}

/** A `Response` that sends a browser elsewhere, as the routers throw it. */
function isRedirect(error: unknown): boolean {
  const status = read(error, 'status');
  return (
    typeof status === 'number' &&
    status >= 300 &&
    status < 400 &&
    status !== 304 &&
    classNames(error).includes('Response')
  );
}
