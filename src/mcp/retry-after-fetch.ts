/** The HTTP statuses that may say when to try again. */
const askToWait: ReadonlySet<number> = new Set([429, 503]);

/** The error for a response that asks the client to wait, with the headers that say for how long. */
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

/** Frees the connection. Nobody may wait for that: the cancellation of a body that was cloned takes as long as its copy is not read. */
async function discarded({ body }: Response): Promise<void> {
  try {
    await body?.cancel();
  } catch {
    // Somebody reads it, or it is not a web stream.
  }
}

/**
 * Returns a `fetch` for the SDK's HTTP transports, whose own errors have no headers. It throws a 429 or 503 response with a
 * `Retry-After` header as an error with `status` and `headers`, so that the circuit waits as long as the server asks.
 *
 * @example
 * const transport = new StreamableHTTPClientTransport(url, { fetch: retryAfterFetch() });
 */
export function retryAfterFetch(fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  return async (...args) => {
    const response = await fetch(...args);
    const { headers } = response;
    if (!askToWait.has(response.status) || !(headers.has('retry-after') || headers.has('retry-after-ms'))) {
      return response;
    }
    void discarded(response);
    throw new RetryLaterError(response);
  };
}
