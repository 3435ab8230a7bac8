import type { CircuitOpenError } from 'toolfuse';
import { deniedResult } from '../mcp/denied-result.ts';
import { isFunctionCall } from './call-tool.ts';
import type { Method } from './tool.ts';

/** The value that a refused call returns with `denied: 'return'`, as the caller of the method expects it. */
export function deniedAnswer(error: CircuitOpenError, method: Method, args: readonly unknown[]): unknown {
  const { text, data } = error.toModel();
  if (method === 'run') return text;
  if (method === 'execute') return data;
  const [first] = args;
  if (typeof first === 'string') return [{ type: 'text', text }];
  if (!Array.isArray(first)) return deniedResult(error.denial);
  return first
    .filter(isFunctionCall)
    .map(({ id, name }) => ({ functionResponse: { ...(id !== undefined && { id }), name, response: data } }));
}
