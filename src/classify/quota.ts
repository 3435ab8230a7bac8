import { read, textOf } from './read.ts';

/** Where the response body is: nowhere, the error itself (openai), its `error` (AI SDK under `data`, axios). */
const bodies: readonly (readonly string[])[] = [
  [],
  ['error'],
  ['error', 'error'],
  ['data', 'error'],
  ['response', 'data', 'error'],
];

/**
 * Whether a 429 says that the account's quota is used up. Both kinds have the same status and class, but this one does
 * not pass by waiting.
 */
export function isQuotaUsedUp(error: unknown): boolean {
  return bodies.some((path) => {
    const body = path.reduce(read, error);
    return [read(body, 'code'), read(body, 'type'), textOf(body)].some(namesQuota);
  });
}

function namesQuota(text: unknown): boolean {
  return typeof text === 'string' && /\binsufficient_quota\b/.test(text.slice(0, 4_096));
}
