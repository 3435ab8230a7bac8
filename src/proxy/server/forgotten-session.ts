/** What follows the word in a sentence such as `Session not found`, and what precedes it in `No valid session ID provided`. */
const lost =
  /\bsession\b.{0,60}\b(?:not found|unknown|invalid|expired|(?:does not|doesn't) exist|no longer|terminated|closed|missing|not initiali[sz]ed|not active)\b/i;
const without =
  /\b(?:no|not|unknown|invalid|expired|missing|stale|(?:can|could)(?:no|n')t (?:find|load))\b.{0,30}\bsession\b/i;

/**
 * Whether a server has refused a request since it does not know the session any more. The specification asks for 404; others say
 * it in words, with nearly any status.
 *
 * @param said The message of the refusal.
 */
export function hasForgotten(status: number, said: string): boolean {
  if (status === 404) return true;
  const text = said.replace(/[_-]/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2');
  if (status === 400) return /\bsession\b/i.test(text);
  return status >= 400 && (lost.test(text) || without.test(text));
}
