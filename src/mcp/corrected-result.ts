import type { Correction } from 'toolfuse';

/**
 * The result of a tool call with a correction for the model as a further text; the same result if there is no correction, or no
 * content to add it to.
 */
export function corrected(result: unknown, correction: Correction | null | undefined): unknown {
  const { content } = (result ?? {}) as { content?: unknown };
  if (!correction || !Array.isArray(content)) return result;
  return { ...(result as object), content: [...content, { type: 'text', text: correction.text }] };
}
