import type { FailureVerdict } from 'toolfuse';
import { resultFailure } from '../mcp/result-errors.ts';
import { isObject } from './tool.ts';

/** The result of an MCP tool in a part of Google's, which keeps a failed one under `error`. */
function resultIn(part: unknown): unknown {
  if (!isObject(part) || !isObject(part.functionResponse)) return undefined;
  const { response } = part.functionResponse;
  return isObject(response) && isObject(response.error) ? response.error : response;
}

/** What failed according to a returned value: an MCP result with `isError`, or a part that holds one. False for a success. */
export function answerFailure(value: unknown): FailureVerdict {
  for (const result of Array.isArray(value) ? value.map(resultIn) : [value]) {
    const failure = resultFailure(result);
    if (failure !== null) return failure;
  }
  return false;
}
