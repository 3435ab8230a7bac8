import type { ErrorCategory } from '../../machines/categories.ts';
import { read } from './read.ts';
import {
  CONNECTION_CLOSED,
  HEADER_MISMATCH,
  INVALID_PARAMS,
  INVALID_REQUEST,
  LAST_RESERVED,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  PARSE_ERROR,
  REQUEST_TIMEOUT,
  RESOURCE_NOT_FOUND,
  UNSUPPORTED_VERSION,
  URL_ELICITATION_REQUIRED,
} from './rpc-codes.ts';

const categoryOfCode: ReadonlyMap<number, ErrorCategory> = new Map([
  [CONNECTION_CLOSED, 'network'],
  [REQUEST_TIMEOUT, 'timeout'],
  [RESOURCE_NOT_FOUND, 'resourceNotFound'],
  // Client and server do not understand each other, and no tool can help that.
  [HEADER_MISMATCH, 'invalidParameters'],
  [MISSING_CLIENT_CAPABILITY, 'invalidParameters'],
  [UNSUPPORTED_VERSION, 'invalidParameters'],
  [URL_ELICITATION_REQUIRED, 'authentication'],
  [INVALID_REQUEST, 'invalidParameters'],
  [METHOD_NOT_FOUND, 'toolNotFound'],
  [INVALID_PARAMS, 'invalidParameters'],
  [PARSE_ERROR, 'invalidParameters'],
]);

/** Version 2 of the MCP client has names for what version 1 has numbers for. */
const numberOfName: ReadonlyMap<string, number> = new Map([
  ['CONNECTION_CLOSED', CONNECTION_CLOSED],
  ['NOT_CONNECTED', CONNECTION_CLOSED],
  ['SEND_FAILED', CONNECTION_CLOSED],
  ['REQUEST_TIMEOUT', REQUEST_TIMEOUT],
]);

/**
 * The category of a JSON-RPC or MCP error code; undefined for a code that says nothing by itself. `INTERNAL_ERROR` is one:
 * servers give it to whatever a tool throws. The message decides where MCP uses one code for two things: a timeout is an abort if it
 * names one, and invalid parameters are a missing tool if something was not found or is disabled.
 */
export function categoryOfRpcCode(code: number | string, message: string): ErrorCategory | undefined {
  const number = typeof code === 'number' ? code : numberOfName.get(code);
  if (number === undefined) return undefined;
  if (number === CONNECTION_CLOSED && /\brequest was cancelled\b/i.test(message)) return 'cancelled';
  if (number === REQUEST_TIMEOUT && /\bAbortError\b/.test(message)) return 'cancelled';
  if (number === INVALID_PARAMS && /\b(?:not found|disabled)\b/i.test(message)) return 'toolNotFound';
  return categoryOfCode.get(number);
}

/** Whether an error carries a code that only the other side can have given: it has answered. */
export function isRpcAnswer(error: unknown): boolean {
  const code = read(error, 'code');
  return typeof code === 'number' && code <= RESOURCE_NOT_FOUND && code >= LAST_RESERVED;
}
