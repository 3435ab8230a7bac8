import { categorize } from 'toolfuse';
import { CONNECTION_CLOSED, REQUEST_TIMEOUT } from '../classify/rpc-codes.ts';
import { didNotGetThrough } from '../classify/transport.ts';
import { ToolFailure } from './tool-failure.ts';

/** What a call that the SDK's client rejected says about the tool and the server. */
export type CallEvidence =
  /** The call was not sent. */
  | { readonly kind: 'unsent' }
  /** No answer came in time. Whether to blame the tool or the server, only a ping can tell. */
  | { readonly kind: 'timeout' }
  /** The server answered with `failure`. */
  | { readonly kind: 'answered'; readonly failure: unknown }
  /** The error itself shows how far the call got. */
  | { readonly kind: 'other' };

/** Negative codes belong to JSON-RPC and MCP; an HTTP status is positive. */
const rpcCodeOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' && code < -1 ? code : undefined;
};

const messageOf = (error: unknown): string => {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
};

/** Messages of either end about an answer that is invalid or breaks the tool's output schema, which is not the caller's fault. */
const brokenAnswer =
  /\binvalid tools\/call result\b|\boutput schema but did not return structured content|\bstructured content does not match\b|\bfailed to validate structured content\b/i;

/** Version 1 of the SDK uses codes for its own errors that a server may use too, so only the messages tell them apart. */
const ownTimeout = /\bRequest timed out\b|\bMaximum total timeout exceeded\b/;
const ownRefusal = /\brequires task-based execution\b/;
const ownEnd = /\bConnection closed$/;

/** Whether an error is that of the client's schema library, which it throws for an answer that is not a valid result. */
const isOfSchema = (error: unknown): boolean =>
  /^\$?ZodError$/.test(String((error as { name?: unknown } | null)?.name));

export function callEvidence(error: unknown): CallEvidence {
  const message = messageOf(error);
  if (isOfSchema(error)) {
    const failure = new ToolFailure('executionError', 'its answer was not a valid tool result', {
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

/** Whether the error of a ping came from the server, and so proves that it is up: that it does not support pings, say. */
export function provesLife(error: unknown): boolean {
  const category = categorize(error);
  return !didNotGetThrough(category) && category !== 'cancelled';
}
