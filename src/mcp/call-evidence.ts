import { categorize } from 'toolfuse';
import { CONNECTION_CLOSED, REQUEST_TIMEOUT } from '../classify/rpc-codes.ts';
import { didNotGetThrough } from '../classify/transport.ts';
import { ToolFailure } from './tool-failure.ts';

/** What a call that the SDK's client rejected is evidence of. */
export type CallEvidence =
  /** Nothing was sent. */
  | { readonly kind: 'unsent' }
  /** Nothing came in time: whether the tool or the server is to blame, only the server can say. */
  | { readonly kind: 'timeout' }
  /** The server answered; `failure` is what counts. */
  | { readonly kind: 'answered'; readonly failure: unknown }
  /** The error itself tells how far the call got. */
  | { readonly kind: 'other' };

/** Codes below 0 are JSON-RPC's and MCP's; an HTTP status is above. */
const rpcCodeOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' && code < -1 ? code : undefined;
};

const messageOf = (error: unknown): string => {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
};

/** What either end says of an answer that is none or breaks the tool's output schema: not of what the caller sent. */
const brokenAnswer =
  /\binvalid tools\/call result\b|\boutput schema but did not return structured content|\bstructured content does not match\b|\bfailed to validate structured content\b/i;

/** Version 1 gives its own errors the codes that a server may use, so that their words have to tell them apart. */
const ownTimeout = /\bRequest timed out\b|\bMaximum total timeout exceeded\b/;
const ownRefusal = /\brequires task-based execution\b/;
const ownEnd = /\bConnection closed$/;

/** Where the answer was no result that the client knows, it throws what its schema library throws. */
const isOfSchema = (error: unknown): boolean =>
  /^\$?ZodError$/.test(String((error as { name?: unknown } | null)?.name));

export function callEvidence(error: unknown): CallEvidence {
  const message = messageOf(error);
  if (isOfSchema(error)) {
    const failure = new ToolFailure('executionError', 'its answer was no result of a tool call', {
      cause: error,
    });
    return { kind: 'answered', failure };
  }
  const code = rpcCodeOf(error);
  if (code === undefined) return { kind: 'other' };
  if (code === REQUEST_TIMEOUT && ownTimeout.test(message)) return { kind: 'timeout' };
  if (code === CONNECTION_CLOSED && ownEnd.test(message)) return { kind: 'other' };
  if (ownRefusal.test(message)) return { kind: 'unsent' };
  const failure = brokenAnswer.test(message)
    ? new ToolFailure('executionError', message, { cause: error })
    : error;
  return { kind: 'answered', failure };
}

/** Whether what a ping was rejected with came from the server all the same, such as that it knows no ping. */
export function provesLife(error: unknown): boolean {
  const category = categorize(error);
  return !didNotGetThrough(category) && category !== 'cancelled';
}
