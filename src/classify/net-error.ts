import type { ErrorCategory } from '../../machines/categories.ts';

/** What browsers call a page that they could not load, the first match deciding: Chromium's codes, then Firefox's. */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  [/\bnet::ERR_\w*TIMED_OUT\b/, 'timeout'],
  [/\bnet::ERR_ABORTED\b/, 'cancelled'],
  [/\bnet::ERR_BLOCKED_BY_(?:CLIENT|ADMINISTRATOR)\b/, 'policyViolation'],
  [/\bnet::ERR_(?:INVALID_URL|UNKNOWN_URL_SCHEME|DISALLOWED_URL_SCHEME|UNSAFE_PORT)\b/, 'invalidParameters'],
  [/\bnet::ERR_FILE_NOT_FOUND\b/, 'resourceNotFound'],
  [/\bnet::ERR_ACCESS_DENIED\b/, 'permissionDenied'],
  [/\bnet::ERR_[A-Z]/, 'network'],
  [/\bNS_ERROR_NET_TIMEOUT\b/, 'timeout'],
  [/\bNS_ERROR_(?:NET|CONNECTION|UNKNOWN_HOST|UNKNOWN_PROXY|PROXY|OFFLINE)/, 'network'],
];

/** The category of the error of a browser that a text names. */
export function byNetErrorIn(text: string): ErrorCategory | undefined {
  return patterns.find(([pattern]) => pattern.test(text))?.[1];
}
