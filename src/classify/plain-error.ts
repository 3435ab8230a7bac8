import { prototypeOf } from './read.ts';

const plainPrototypes: ReadonlySet<unknown> = new Set([
  Error.prototype,
  TypeError.prototype,
  RangeError.prototype,
]);

/** Where errors carry what tells them apart, enumerable or not. */
interface Telling {
  readonly cause?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly response?: unknown;
  readonly type?: unknown;
  readonly $response?: unknown;
  readonly headers?: unknown;
  readonly error?: unknown;
}

/** Whether a value is an error of the language that has a message and nothing else to tell: no code, status or cause. */
export function isPlainError(value: unknown): value is Error {
  if (!plainPrototypes.has(prototypeOf(value))) return false;
  try {
    const { cause, code, status, statusCode, response, type, $response, headers, error } = value as Telling;
    if ((cause ?? code ?? status ?? statusCode ?? response ?? type) !== undefined) return false;
    if (($response ?? headers ?? error) !== undefined) return false;
    for (const _ in value as Error) return false;
    return true;
  } catch {
    return false;
  }
}
