/** An id that can be written in only one way. Nearly all ids are like this. */
const plainId = /^(?:"[^"\\]*"|0|-?[1-9]\d*|null)$/;

const idText = /^(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|null)$/;

/** Whether a JSON text is an id, as JSON-RPC has it. */
export const isId = (text: string): boolean => idText.test(text);

/**
 * The JSON text of an id or a token in canonical form: one side may write `"a\/b"` where the other writes `"a/b"`, or `2.0`
 * for `2`. A number that JavaScript cannot represent stays as it is.
 */
export function canonical(text: string): string {
  if (plainId.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    const isTooLarge = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    return isTooLarge ? text : JSON.stringify(value);
  } catch {
    return text;
  }
}
