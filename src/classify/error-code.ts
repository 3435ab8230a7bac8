import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { read, readName, textOf } from './read.ts';
import { categoryOfRpcCode } from './rpc-code.ts';
import { categoryOfSqlName } from './sql-state.ts';

const codesOfCategory: readonly (readonly [ErrorCategory, string])[] = [
  [
    'network',
    'ECONNRESET ECONNREFUSED ECONNABORTED ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EPIPE',
  ],
  ['network', 'EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ENOTCONN EADDRNOTAVAIL ERR_NETWORK'],
  ['network', 'UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  ['network', 'ERR_STREAM_PREMATURE_CLOSE ERR_SOCKET_CLOSED EPROTO ERR_TOO_MANY_REDIRECTS'],
  ['network', 'ERR_FR_TOO_MANY_REDIRECTS ERR_HTTP2_STREAM_ERROR ERR_HTTP2_SESSION_ERROR ERR_HTTP2_ERROR'],
  ['network', 'ERR_HTTP2_GOAWAY_SESSION ERR_HTTP2_STREAM_CANCEL ERR_HTTP2_INVALID_SESSION'],
  ['network', 'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN HOSTNAME_MISMATCH'],
  // c-ares; nodemailer; SQL Server; redis 3; Bun.
  ['network', 'ESERVFAIL EREFUSED EBADRESP EDNS ECONNECTION ESOCKET ETLS EPROTOCOL ECONNCLOSED ENOCONN'],
  [
    'network',
    'NR_CLOSED UNCERTAIN_STATE CONNECTION_BROKEN ConnectionRefused ConnectionClosed ConnectionReset',
  ],
  ['network', 'FailedToOpenSocket'],
  ['timeout', 'ETIMEDOUT ESOCKETTIMEDOUT ETIMEOUT ERR_SOCKET_CONNECTION_TIMEOUT ERR_TLS_HANDSHAKE_TIMEOUT'],
  ['timeout', 'UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT'],
  ['circuitOpen', 'EOPENBREAKER'],
  ['authentication', 'EAUTH ENOAUTH EOAUTH2 ELOGIN'],
  ['invalidParameters', 'ERR_INVALID_URL UND_ERR_INVALID_ARG EENVELOPE'],
  // Names of files that cannot be what the caller takes them for.
  ['invalidParameters', 'EEXIST ENOTDIR EISDIR ENOTEMPTY ENAMETOOLONG ELOOP ERR_FS_EISDIR'],
  ['resourceNotFound', 'ENOENT'],
  ['permissionDenied', 'EACCES EPERM EROFS ERR_ACCESS_DENIED'],
  ['resourceExhausted', 'ENOSPC EDQUOT EMFILE ENFILE ENOMEM ERR_WORKER_OUT_OF_MEMORY'],
  // Opossum's: no room among the calls in flight.
  ['resourceExhausted', 'ESEMLOCKED'],
  ['cancelled', 'ABORT_ERR ERR_CANCELED ERR_ABORTED UND_ERR_ABORTED ECANCELED'],
];

const categoryOfCode: ReadonlyMap<string, ErrorCategory> = new Map(
  codesOfCategory.flatMap(([category, codes]) => codes.split(' ').map((code) => [code, category] as const)),
);

/** Codes of which there are many, by how they begin: of TLS and certificates, and of what is no HTTP. */
const categoryOfPrefix: readonly (readonly [string, ErrorCategory])[] = [
  ['ERR_INVALID_ARG_', 'invalidParameters'],
  ['ERR_SSL_', 'network'],
  ['ERR_TLS_', 'network'],
  ['HPE_', 'network'],
  ['CERT_', 'network'],
  ['UNABLE_TO_', 'network'],
];

/** Codes of files, which for a socket say that nobody could be reached: `connect ENOENT /run/docker.sock`. */
const codesOfFiles: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM']);

/** What DOMException numbered before it had names. For anything else, 20 and 23 are exit codes. */
const categoryOfLegacyCode: ReadonlyMap<unknown, ErrorCategory> = new Map([
  [20, 'cancelled'],
  [23, 'timeout'],
]);

/** The category of a code that stands alone, as in a message: a system's, Node's, undici's, a database's. */
export function categoryOfCodeName(code: string): ErrorCategory | undefined {
  return (
    categoryOfCode.get(code) ??
    categoryOfPrefix.find(([prefix]) => code.startsWith(prefix))?.[1] ??
    categoryOfSqlName(code)
  );
}

/** The category of a code with which a socket could not connect. */
export function categoryOfConnectCode(code: string): ErrorCategory {
  return codesOfFiles.has(code) ? 'network' : (categoryOfCodeName(code) ?? 'network');
}

/** The category by the error's `code`. What services give as a code, or as a `type`, is a reason. */
export function byCode(error: unknown): ErrorCategory | undefined {
  const number = read(error, 'code');
  if (typeof number === 'number') {
    return categoryOfRpcCode(number, textOf(error)) ?? byLegacyCode(error, number);
  }
  const code = readName(error, 'code');
  return code === undefined ? undefined : byCodeName(error, code);
}

function byCodeName(error: unknown, code: string): ErrorCategory | undefined {
  const syscall = readName(error, 'syscall');
  // A program that is missing is a missing tool; a file that is missing is not.
  if (code === 'ENOENT' && syscall?.startsWith('spawn')) return 'toolNotFound';
  if (syscall === 'connect') return categoryOfConnectCode(code);
  // axios and superagent have one code for a dropped connection and for their own time limits.
  if (code === 'ECONNABORTED' && ownTimeLimit.test(textOf(error))) return 'timeout';
  return categoryOfRpcCode(code, textOf(error)) ?? categoryOfCodeName(code);
}

const ownTimeLimit = /\btimeout of \d+ ?ms exceeded/i;

function byLegacyCode(error: unknown, code: number): ErrorCategory | undefined {
  return classNames(error).includes('DOMException') ? categoryOfLegacyCode.get(code) : undefined;
}
