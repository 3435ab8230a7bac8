/**
 * Whether a result asks for an input instead of answering, as results of the revision 2026-07-28 may. The call has made its round
 * trip, and nothing is known about its tool yet: the client asks its user, and calls again with the answer.
 */
export function isInputRequired(result: unknown): boolean {
  return (result as { resultType?: unknown } | null | undefined)?.resultType === 'input_required';
}
