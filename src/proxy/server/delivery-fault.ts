interface Told {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly wasSent?: unknown;
  readonly advice?: unknown;
}

/** The error of an undelivered message, and its causes. */
export function* faultsOf(error: unknown): Generator<Told> {
  let each: unknown = error;
  for (let depth = 0; depth < 5 && typeof each === 'object' && each !== null; depth++) {
    yield each;
    each = (each as { cause?: unknown }).cause;
  }
}

/**
 * The server took a message, but its answer was lost, or makes no sense. The call may have run, so the cause is kept in words
 * only: its code or status could be read as if the server had not begun.
 */
export class AnswerFault extends Error {
  private constructor(why: string, known: { readonly code: string } | { readonly status: number }) {
    super(why);
    Object.assign(this, known);
  }

  /** The answer was lost on the way. */
  static lost(cause: unknown): AnswerFault {
    const why = cause === undefined ? '' : `: ${reasonOf(cause)}`;
    return new AnswerFault(`the answer broke off${why}`, { code: 'ECONNRESET' });
  }

  /** The server answered, but the answer makes no sense. */
  static nonsense(why: string): AnswerFault {
    return new AnswerFault(why, { status: 502 });
  }
}

/** Whether the server certainly has not begun with a message: it was not reached, or refused the message. */
export function hasNotRun(error: unknown): boolean {
  // Its code and status come from what happened after the server took the message.
  if (error instanceof AnswerFault) return false;
  for (const { wasSent, status } of faultsOf(error)) {
    if (wasSent === false) return true;
    if (typeof status === 'number' && ((status >= 300 && status < 500 && status !== 408) || status === 503))
      return true;
  }
  return false;
}

/** Whether the server was reached and refused the message. */
export function isRefusal(error: unknown): boolean {
  for (const { status } of faultsOf(error)) {
    if (typeof status === 'number' && status >= 300 && status < 500) return true;
  }
  return false;
}

/** Whether a status is the server's word on a request. With any other one, somebody before it may have answered, or it failed. */
export const mayBeOfServer = (status: number): boolean =>
  status >= 400 && status < 500 && ![401, 403, 407, 408, 429].includes(status);

/** Whether an undelivered message shows nothing of which revisions the server speaks. */
export function showsNoEra(error: unknown): boolean {
  for (const { status } of faultsOf(error)) if (typeof status === 'number') return !mayBeOfServer(status);
  return true;
}

/** Why a message was not delivered, in words. */
export function reasonOf(error: unknown): string {
  const messages = [...faultsOf(error)].map(({ message, code }) => String(message || code || ''));
  return messages.findLast((message) => message !== '') ?? String(error);
}

/** What the user can do about it, where nobody else can. */
export function adviceIn(error: unknown): string | undefined {
  for (const { advice } of faultsOf(error)) if (typeof advice === 'string') return advice;
  return undefined;
}
