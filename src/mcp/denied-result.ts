import { CircuitOpenError, type Denial, type ModelAnswer } from 'toolfuse';

/** Where a result carries the denial as data. */
export const denialKey = 'toolfuse/denial';

/** The result of a tool call that was refused, as MCP has it: an error for the model to read. */
export type DeniedResult = {
  isError: true;
  content: [{ type: 'text'; text: string }];
  _meta: { [denialKey]: ModelAnswer['data'] };
};

/**
 * A refused call as the result of a tool call: the paragraph as its text, the same as data in `_meta['toolfuse/denial']`.
 * Never in `structuredContent`: clients hold that against the tool's output schema, in errors too.
 */
export function deniedResult(denial: Denial): DeniedResult {
  const { text, data } = new CircuitOpenError(denial).toModel();
  return { isError: true, content: [{ type: 'text', text }], _meta: { [denialKey]: data } };
}
