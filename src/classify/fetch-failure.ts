import type { ErrorCategory } from '../../machines/categories.ts';
import { read, readName, textOf } from './read.ts';

/** What fetch says, in Node, Deno, workers, browsers and React Native, of whatever happened to the connection. */
const fetchMessage =
  /^(?:(?:fetch|load|network request) failed|failed to fetch|terminated|NetworkError when attempting\b.{0,80}|(?:network connection|the network connection was) lost|the internet connection appears to be offline|error sending request\b.{0,300})\.?$/i;

/** How the same error begins as a string. */
const serialised = 'TypeError: ';

/** Causes for which the caller is to blame: there never was a connection. */
const badRequests: ReadonlySet<string> = new Set(['unknown scheme', 'bad port']);

/** The category of a fetch that was refused for its URL. The other causes are errors with evidence of their own. */
export function byFetchCause(error: unknown): ErrorCategory | undefined {
  return isFetchFailure(error) && badRequests.has(textOf(read(error, 'cause')))
    ? 'invalidParameters'
    : undefined;
}

/** `network` for a failed fetch. To be asked when its cause has had its say. */
export function byFetchFailure(error: unknown): ErrorCategory | undefined {
  return isFetchFailure(error) ? 'network' : undefined;
}

function isFetchFailure(error: unknown): boolean {
  const text = textOf(error);
  if (readName(error, 'name') === 'TypeError') return fetchMessage.test(text);
  return text.startsWith(serialised) && fetchMessage.test(text.slice(serialised.length));
}
