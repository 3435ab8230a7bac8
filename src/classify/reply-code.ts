import type { ErrorCategory } from '../../machines/categories.ts';

const categoryOfSmtp: ReadonlyMap<number, ErrorCategory> = new Map([
  [421, 'serviceUnavailable'],
  [432, 'authentication'],
  [452, 'resourceExhausted'],
  [454, 'authentication'],
  [500, 'invalidParameters'],
  [501, 'invalidParameters'],
  [502, 'invalidParameters'],
  [503, 'invalidParameters'],
  [504, 'invalidParameters'],
  [530, 'authentication'],
  [534, 'authentication'],
  [535, 'authentication'],
  [538, 'authentication'],
  [550, 'invalidParameters'],
  [551, 'invalidParameters'],
  [552, 'resourceExhausted'],
  [553, 'invalidParameters'],
  [554, 'policyViolation'],
  [555, 'invalidParameters'],
  [556, 'invalidParameters'],
]);

const categoryOfFtp: ReadonlyMap<number, ErrorCategory> = new Map([
  [421, 'serviceUnavailable'],
  [425, 'network'],
  [426, 'network'],
  [430, 'authentication'],
  [434, 'network'],
  [452, 'resourceExhausted'],
  [500, 'invalidParameters'],
  [501, 'invalidParameters'],
  [502, 'invalidParameters'],
  [503, 'invalidParameters'],
  [504, 'invalidParameters'],
  [530, 'authentication'],
  [532, 'authentication'],
  [534, 'policyViolation'],
  [550, 'resourceNotFound'],
  [551, 'invalidParameters'],
  [552, 'resourceExhausted'],
  [553, 'permissionDenied'],
]);

/** The category of the reply of a mail server. Those of 4xx without a row pass; those of 5xx do not. */
export function categoryOfSmtpReply(code: number): ErrorCategory | undefined {
  return categoryOfSmtp.get(code);
}

/** The category of the reply of a file server. */
export function categoryOfFtpReply(code: number): ErrorCategory | undefined {
  return categoryOfFtp.get(code);
}
