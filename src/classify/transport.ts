import type { ErrorCategory } from '../../machines/categories.ts';

const categories: ReadonlySet<ErrorCategory> = new Set<ErrorCategory>([
  'network',
  'timeout',
  'serviceUnavailable',
]);

/** Whether a call that failed so did not get through: it is evidence against the way to the tool, not against the tool. */
export function didNotGetThrough(category: ErrorCategory): boolean {
  return categories.has(category);
}
