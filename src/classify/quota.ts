import { bodiesOf } from './places.ts';
import { read, textOf } from './read.ts';

/**
 * Whether a 429 says that the account's quota is used up. Both kinds have the same status and class, but this one does
 * not pass by waiting.
 */
export function isQuotaUsedUp(error: unknown): boolean {
  for (const body of bodiesOf(error)) {
    if ([read(body, 'code'), read(body, 'type'), textOf(body)].some(namesQuota)) return true;
  }
  return false;
}

function namesQuota(text: unknown): boolean {
  return /\binsufficient_quota\b/.test(textOf(text));
}
