import type { CallAnswer, Correction } from 'toolfuse';
import { corrected } from '../mcp/corrected-result.ts';
import { errorWords } from './error-words.ts';

/** Adds a correction to the words of an answer. Content parts and MCP results get a further text; other values have no place for it. */
function withText(result: unknown, correction: Correction): unknown {
  if (typeof result === 'string') return `${result}\n\n${correction.text}`;
  if (Array.isArray(result) && result.every((part) => typeof part?.type === 'string')) {
    return Object.assign([...result, { type: 'text', text: correction.text }], { ...result });
  }
  return corrected(result, correction);
}

/**
 * The answer of a call by which a run repeats itself, with the correction for the model.
 *
 * @throws An error with both the words of the tool's error, which is its cause, and the correction.
 */
export function correctedAnswer(answer: CallAnswer<unknown>, correction: Correction): unknown {
  // What a tool throws may be undefined.
  if (!('error' in answer)) return withText(answer.result, correction);
  const { error } = answer;
  const words = error instanceof Error ? error.message : errorWords(error);
  throw new Error(`${words}\n\n${correction.text}`, { cause: error });
}
