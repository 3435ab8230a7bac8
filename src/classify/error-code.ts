import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { read, readName, textOf } from './read.ts';
import { categoryOfRpcCode } from './rpc-code.ts';

const codesOfCategory: readonly (readonly [ErrorCategory, string])[] = [
  [
    'network',
    'ECONNRESET ECONNREFUSED ECONNABORTED ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EPIPE',
  ],
  ['network', 'EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ENOTCONN EADDRNOTAVAIL ERR_NETWORK'],
  ['network', 'UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED ERR_STREAM_PREMATURE_CLOSE ERR_SOCKET_CLOSED'],
  ['network', 'CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN'],
  ['network', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_INVALID'],
  ['timeout', 'ETIMEDOUT ESOCKETTIMEDOUT ERR_SOCKET_CONNECTION_TIMEOUT ERR_TLS_HANDSHAKE_TIMEOUT'],
  ['timeout', 'UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT timeout_error'],
  ['rateLimit', 'rate_limit_error rate_limit_exceeded'],
  ['serviceUnavailable', 'overloaded_error api_error server_error'],
  ['circuitOpen', 'EOPENBREAKER'],
  ['authentication', 'authentication_error invalid_api_key'],
  ['invalidParameters', 'ERR_INVALID_URL UND_ERR_INVALID_ARG invalid_request_error'],
  ['resourceNotFound', 'ENOENT not_found_error'],
  ['permissionDenied', 'EACCES EPERM EROFS ERR_ACCESS_DENIED permission_error'],
  ['policyViolation', 'content_filter content_policy_violation'],
  ['planningPolicyViolation', 'PLANNING_POLICY_VIOLATION'],
  ['sandboxFailure', 'SANDBOX_FAILURE'],
  ['resourceExhausted', 'ENOSPC EDQUOT EMFILE ENFILE ENOMEM ERR_WORKER_OUT_OF_MEMORY'],
  // The last one is opossum's: no room among the calls in flight.
  ['resourceExhausted', 'insufficient_quota billing_error ESEMLOCKED'],
  ['cancelled', 'ABORT_ERR ERR_CANCELED UND_ERR_ABORTED ECANCELED'],
];

const categoryOfCode: ReadonlyMap<string, ErrorCategory> = new Map(
  codesOfCategory.flatMap(([category, codes]) => codes.split(' ').map((code) => [code, category] as const)),
);

/** What DOMException numbered before it had names. For anything else, 20 and 23 are exit codes. */
const categoryOfLegacyCode: ReadonlyMap<unknown, ErrorCategory> = new Map([
  [20, 'cancelled'],
  [23, 'timeout'],
]);

/** The category of a code that stands alone, as in a message: a system's, Node's, undici's, an API's. */
export function categoryOfCodeName(code: string): ErrorCategory | undefined {
  return categoryOfCode.get(code) ?? (code.startsWith('ERR_INVALID_ARG_') ? 'invalidParameters' : undefined);
}

/** The category by the error's `code`, or else by its `type`, which is where the model APIs put theirs. */
export function byCode(error: unknown): ErrorCategory | undefined {
  const number = read(error, 'code');
  if (typeof number === 'number') {
    return categoryOfRpcCode(number, textOf(error)) ?? byLegacyCode(error, number);
  }
  const code = readName(error, 'code');
  return (code && byCodeName(error, code)) || categoryOfCodeName(readName(error, 'type') ?? '');
}

function byCodeName(error: unknown, code: string): ErrorCategory | undefined {
  // A program that is missing is a missing tool; a file that is missing is not.
  if (code === 'ENOENT' && readName(error, 'syscall')?.startsWith('spawn')) return 'toolNotFound';
  // axios has one code for a dropped connection and for its own timeout.
  if (code === 'ECONNABORTED' && /^timeout of \d+ms exceeded/.test(textOf(error))) return 'timeout';
  return categoryOfRpcCode(code, textOf(error)) ?? categoryOfCodeName(code);
}

function byLegacyCode(error: unknown, code: number): ErrorCategory | undefined {
  return classNames(error).includes('DOMException') ? categoryOfLegacyCode.get(code) : undefined;
}
