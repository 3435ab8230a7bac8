import { CircuitOpenError, type Denial, type ModelAnswer } from 'toolfuse';

/** The key in a result's `_meta` that holds the denial as data. */
export const denialKey = 'toolfuse/denial';

/** The MCP result of a refused tool call: an error for the model to read. */
export type DeniedResult = {
  isError: true;
  content: [{ type: 'text'; text: string }];
  _meta: { [denialKey]: ModelAnswer['data'] };
};

/**
 * Turns a denial into the MCP result of a tool call: a paragraph as its text, and the same facts as data in
 * `_meta['toolfuse/denial']`. They are not in `structuredContent`, because clients check that against the tool's output
 * schema, even in errors.
 *
 * @example
 * const permit = registry.tryAcquire('search');
 * if (!permit.admitted) return deniedResult(permit);
 */
export function deniedResult(denial: Denial): DeniedResult {
  const { text, data } = new CircuitOpenError(denial).toModel();
  return { isError: true, content: [{ type: 'text', text }], _meta: { [denialKey]: data } };
}
