import type { ErrorCategory } from '../../machines/categories.ts';
import { read } from './read.ts';

const CONNECTION_CLOSED = -32_000;
const REQUEST_TIMEOUT = -32_001;
const INVALID_PARAMS = -32_602;

const categoryOfCode: ReadonlyMap<number, ErrorCategory> = new Map([
  [CONNECTION_CLOSED, 'network'],
  [REQUEST_TIMEOUT, 'timeout'],
  [-32_002, 'resourceNotFound'],
  // The user has to visit a page first, as a rule in order to sign in.
  [-32_042, 'authentication'],
  [-32_600, 'invalidParameters'],
  [-32_601, 'toolNotFound'],
  [INVALID_PARAMS, 'invalidParameters'],
  [-32_603, 'serviceUnavailable'],
  [-32_700, 'invalidParameters'],
]);

/** Version 2 of the MCP client has names for what version 1 has numbers for. */
const numberOfName: ReadonlyMap<string, number> = new Map([
  ['CONNECTION_CLOSED', CONNECTION_CLOSED],
  ['NOT_CONNECTED', CONNECTION_CLOSED],
  ['SEND_FAILED', CONNECTION_CLOSED],
  ['REQUEST_TIMEOUT', REQUEST_TIMEOUT],
]);

/**
 * The category of a JSON-RPC or MCP error code. The message decides where MCP uses one code for two things: a timeout is
 * an abort if it names one, and invalid parameters are a missing tool if something was not found or is disabled.
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
  return typeof code === 'number' && code <= -32_002 && code >= -32_768;
}
