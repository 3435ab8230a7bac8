/** The statuses that come with a time to come back. */
const askToWait: ReadonlySet<number> = new Set([429, 503]);

/** A response that asks to be left alone for a while, with the headers that say for how long. */
class RetryLaterError extends Error {
  override readonly name = 'RetryLaterError';
  readonly status: number;
  readonly headers: Headers;

  constructor({ status, statusText, headers }: Response) {
    super(`HTTP ${status}${statusText === '' ? '' : ` ${statusText}`}: try again later`);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * A `fetch` for the SDK's HTTP transports, `new StreamableHTTPClientTransport(url, { fetch: retryAfterFetch() })`. The errors
 * of those know no headers; with this one a 429 or 503 that has a `Retry-After` is thrown with its `status` and
 * `headers`, so that the circuit waits as long as the server asks for.
 */
export function retryAfterFetch(fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  return async (...args) => {
    const response = await fetch(...args);
    const { headers } = response;
    if (!askToWait.has(response.status) || !(headers.has('retry-after') || headers.has('retry-after-ms'))) {
      return response;
    }
    await response.body?.cancel();
    throw new RetryLaterError(response);
  };
}
