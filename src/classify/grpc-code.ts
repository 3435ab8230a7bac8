import type { ErrorCategory } from '../../machines/categories.ts';
import { firstGroup } from './first-group.ts';

/** The status codes of gRPC, in the order of their numbers. */
const codes: readonly (readonly [string, ErrorCategory | undefined])[] = [
  ['OK', undefined],
  ['CANCELLED', 'cancelled'],
  // It says nothing: the words decide.
  ['UNKNOWN', undefined],
  ['INVALID_ARGUMENT', 'invalidParameters'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['NOT_FOUND', 'resourceNotFound'],
  ['ALREADY_EXISTS', 'invalidParameters'],
  ['PERMISSION_DENIED', 'permissionDenied'],
  ['RESOURCE_EXHAUSTED', 'rateLimit'],
  ['FAILED_PRECONDITION', 'invalidParameters'],
  ['ABORTED', 'executionError'],
  ['OUT_OF_RANGE', 'invalidParameters'],
  ['UNIMPLEMENTED', 'toolNotFound'],
  ['INTERNAL', 'serviceUnavailable'],
  // Nobody could be reached: the client gives this code to a refused connection.
  ['UNAVAILABLE', 'network'],
  ['DATA_LOSS', 'serviceUnavailable'],
  ['UNAUTHENTICATED', 'authentication'],
];

const categoryOfName: ReadonlyMap<string, ErrorCategory | undefined> = new Map(codes);

const inText: readonly RegExp[] = [
  // How grpc-js begins its messages: `14 UNAVAILABLE: No connection established`.
  /^(?:Error: )?\d{1,2} ([A-Z_]{2,20}): /,
  // Python and Java.
  /\b(?:StatusCode\.|StatusRuntimeException: )([A-Z_]{2,20})\b/,
  // Go: `rpc error: code = DeadlineExceeded desc = …`.
  /\brpc error: code = ([A-Za-z]{2,20}) desc = /,
  // C#: `Status(StatusCode="Unavailable", Detail="…")`.
  /\bStatus\(StatusCode="([A-Za-z]{2,20})"/,
  // Java's message, and Connect's: `NOT_FOUND: user 5`, `[not_found] user 5`.
  /^([A-Z_]{2,20}): /,
  /^\[([a-z_]{2,20})\] /,
];

/** Go, C# and Connect have names of their own for the codes: `InvalidArgument`, `canceled`. */
const ownName = (name: string): string =>
  /^canceled$/i.test(name) ? 'CANCELLED' : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

/** The category of a gRPC status code. */
export function categoryOfGrpcCode(code: number): ErrorCategory | undefined {
  return codes[code]?.[1];
}

/** The category of the gRPC status code that a text names as such. */
export function byGrpcCodeIn(text: string): ErrorCategory | undefined {
  const name = firstGroup(inText, text);
  return name === undefined ? undefined : categoryOfName.get(ownName(name));
}
