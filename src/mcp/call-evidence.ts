import { categorize } from 'toolfuse';
import { read, readName, readPath } from '../classify/read.ts';
import { CONNECTION_CLOSED, REQUEST_TIMEOUT } from '../classify/rpc-codes.ts';
import { didNotGetThrough } from '../classify/transport.ts';
import { answeredFailure } from './answered-failure.ts';
import { ToolFailure } from './tool-failure.ts';

/** What a call that the SDK's client rejected says about the tool and the server. */
export type CallEvidence =
  /** The call was not sent. */
  | { readonly kind: 'unsent' }
  /** No answer came in time. Whether to blame the tool or the server, only a further request can tell. */
  | { readonly kind: 'timeout' }
  /** The server answered with `failure`. */
  | { readonly kind: 'answered'; readonly failure: unknown }
  /** The server asked for an input, and the client is set up to give none. */
  | { readonly kind: 'inputRequired' }
  /** The error itself shows how far the call got. */
  | { readonly kind: 'other' };

/** Negative codes belong to JSON-RPC and MCP; an HTTP status is positive. */
const rpcCodeOf = (error: unknown): number | undefined => {
  const code = read(error, 'code');
  return typeof code === 'number' && code < -1 ? code : undefined;
};

const messageOf = (error: unknown): string => {
  const message = read(error, 'message');
  return typeof message === 'string' ? message : '';
};

/** Messages of either end about an answer that is invalid or breaks the tool's output schema, which is not the caller's fault. */
const brokenAnswer =
  /\binvalid tools\/call result\b|\boutput schema but did not return structured content|\bstructured content does not match\b|\bfailed to validate structured content\b/i;

/** Version 1 of the SDK uses codes for its own errors that a server may use too, so only the messages tell them apart. */
const ownTimeout = /\bRequest timed out\b|\bMaximum total timeout exceeded\b/;
const ownRefusal = /\brequires task-based execution\b|^Tool '[^']*' has an invalid outputSchema: /;
const ownEnd = /\bConnection closed$/;

/** Whether an error is that of the client's schema library, which it throws for an answer that is not a valid result. */
const isOfSchema = (error: unknown): boolean => /^\$?ZodError$/.test(readName(error, 'name') ?? '');

/** Version 2 of the SDK has codes of its own for errors that its client makes itself. */
const kindOfName: Readonly<Record<string, 'unsent' | 'timeout' | 'broken'>> = {
  ALREADY_CONNECTED: 'unsent',
  CAPABILITY_NOT_SUPPORTED: 'unsent',
  METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION: 'unsent',
  NOT_INITIALIZED: 'unsent',
  REQUEST_TIMEOUT: 'timeout',
  INVALID_RESULT: 'broken',
  UNSUPPORTED_RESULT_TYPE: 'broken',
  INPUT_REQUIRED_ROUNDS_EXCEEDED: 'broken',
};

const kindByName = (error: unknown): 'unsent' | 'timeout' | 'broken' | undefined => {
  const code = read(error, 'code');
  return typeof code === 'string' && Object.hasOwn(kindOfName, code) ? kindOfName[code] : undefined;
};

const resultTypeOf = (error: unknown): unknown => readPath(error, ['data', 'resultType']);

const broken = (error: unknown, message: string): CallEvidence => ({
  kind: 'answered',
  failure: new ToolFailure('executionError', message, { cause: error }),
});

export function callEvidence(error: unknown): CallEvidence {
  const message = messageOf(error);
  if (isOfSchema(error)) return broken(error, 'its answer was not a valid tool result');
  const kind = kindByName(error);
  if (kind === 'broken') {
    return resultTypeOf(error) === 'input_required' ? { kind: 'inputRequired' } : broken(error, message);
  }
  if (kind !== undefined) return { kind };
  const code = rpcCodeOf(error);
  if (code === undefined) return { kind: 'other' };
  if (code === REQUEST_TIMEOUT && ownTimeout.test(message)) return { kind: 'timeout' };
  if (code === CONNECTION_CLOSED && ownEnd.test(message)) return { kind: 'other' };
  if (ownRefusal.test(message)) return { kind: 'unsent' };
  if (brokenAnswer.test(message)) return broken(error, message);
  return { kind: 'answered', failure: answeredFailure(error, message) };
}

/** What a server got wrong about an input that it asked for; undefined for anything that is not its fault. */
export function brokenInputRequest(error: unknown): ToolFailure | undefined {
  if (kindByName(error) !== 'broken' || resultTypeOf(error) === 'input_required') return undefined;
  return new ToolFailure('executionError', messageOf(error), { cause: error });
}

/** Whether the error of a liveness question came from the server, and so proves that it is up: that it does not know pings, say. */
export function provesLife(error: unknown): boolean {
  const category = categorize(error);
  return !didNotGetThrough(category) && category !== 'cancelled';
}
