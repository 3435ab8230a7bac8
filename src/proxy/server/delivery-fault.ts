interface Told {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly wasSent?: unknown;
}

/** The error of an undelivered message, and what it was caused by. */
function* chainOf(error: unknown): Generator<Told> {
  let each: unknown = error;
  for (let depth = 0; depth < 5 && typeof each === 'object' && each !== null; depth++) {
    yield each;
    each = (each as { cause?: unknown }).cause;
  }
}

/**
 * The server has taken a message, and its answer was lost, or is none. What has gone wrong since says nothing against that it
 * has run: it is told in words only.
 */
export class AnswerFault extends Error {
  private constructor(why: string, known: { readonly code: string } | { readonly status: number }) {
    super(why);
    Object.assign(this, known);
  }

  /** It was lost on the way. */
  static lost(cause: unknown): AnswerFault {
    const why = cause === undefined ? '' : `: ${reasonOf(cause)}`;
    return new AnswerFault(`the answer broke off${why}`, { code: 'ECONNRESET' });
  }

  /** The server was reached, and what it says makes no sense. */
  static nonsense(why: string): AnswerFault {
    return new AnswerFault(why, { status: 502 });
  }
}

/** Whether it is certain that the server has not begun with what it was sent: it was not reached, or has refused it. */
export function hasNotRun(error: unknown): boolean {
  // Its code and its status are of what came after.
  if (error instanceof AnswerFault) return false;
  for (const { wasSent, status } of chainOf(error)) {
    if (wasSent === false) return true;
    if (typeof status === 'number' && ((status >= 300 && status < 500 && status !== 408) || status === 503))
      return true;
  }
  return false;
}

/** Whether the server was reached, and would not have it. */
export function isRefusal(error: unknown): boolean {
  for (const { status } of chainOf(error)) {
    if (typeof status === 'number' && status >= 300 && status < 500) return true;
  }
  return false;
}

/** Why a message was not delivered, in words. */
export function reasonOf(error: unknown): string {
  const messages = [...chainOf(error)].map(({ message, code }) => String(message || code || ''));
  return messages.findLast((message) => message !== '') ?? String(error);
}
