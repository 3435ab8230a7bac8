import type { ErrorCategory } from '../../machines/categories.ts';

/** With what a WebSocket was closed. Codes from 3000 on are the application's own. */
const categoryOfCode: ReadonlyMap<number, ErrorCategory> = new Map([
  [1_001, 'network'],
  [1_002, 'network'],
  [1_003, 'invalidParameters'],
  [1_006, 'network'],
  [1_007, 'invalidParameters'],
  [1_008, 'policyViolation'],
  [1_009, 'invalidParameters'],
  [1_011, 'serviceUnavailable'],
  [1_012, 'serviceUnavailable'],
  [1_013, 'serviceUnavailable'],
  [1_014, 'serviceUnavailable'],
  [1_015, 'network'],
  [3_000, 'authentication'],
  [3_003, 'permissionDenied'],
  [3_008, 'timeout'],
]);

/** The category of the code with which a WebSocket was closed. */
export function categoryOfCloseCode(code: number): ErrorCategory | undefined {
  return categoryOfCode.get(code);
}
