import type { ErrorCategory } from '../../machines/categories.ts';
import { keyedValues } from './keyed-values.ts';
import { bodiesOf } from './places.ts';
import { readName, readPath } from './read.ts';

/**
 * What services call a failure, in small letters without anything between them, so that one row stands for
 * `rateLimitExceeded`, `RATE_LIMIT_EXCEEDED` and `rate_limit_exceeded`, and without `Error` or `Exception` at the end.
 */
const reasonsOfCategory: readonly (readonly [ErrorCategory, string])[] = [
  ['rateLimit', 'ratelimit ratelimited ratelimitexceeded userratelimitexceeded toomanyrequests slowdown'],
  ['rateLimit', 'throttling throttled requestthrottled requestlimitexceeded ec2throttled'],
  ['rateLimit', 'bandwidthlimitexceeded provisionedthroughputexceeded priorrequestnotcomplete'],
  ['rateLimit', 'resourceexhausted concurrentrequestslimitexceeded apilimitexceeded hourlylimitexceeded'],
  ['resourceExhausted', 'insufficientquota quotaexceeded dailylimitexceeded billing billinghardlimitreached'],
  ['resourceExhausted', 'servicequotaexceeded limitexceeded insufficientfunds storagequotaexceeded'],
  [
    'authentication',
    'authentication authenticationfailed authenticationrequired unauthenticated unauthorized',
  ],
  ['authentication', 'invalidapikey apikeyinvalid apikeyexpired badcredentials invalidcredentials'],
  ['authentication', 'expiredtoken tokenexpired tokenrevoked invalidtoken invalidaccesstoken invalidauth'],
  [
    'authentication',
    'notauthed accountinactive autherror invalidgrant invalidclient loginrequired jwtexpired',
  ],
  ['authentication', 'unrecognizedclient invalidsignature signaturedoesnotmatch incompletesignature'],
  ['authentication', 'invalidclienttokenid invalidaccesskeyid missingauthenticationtoken authfailure'],
  ['authentication', 'requestexpired requesttimetooskewed notauthorized credentialsprovider'],
  ['permissionDenied', 'permission permissiondenied accessdenied forbidden unauthorizedoperation'],
  ['permissionDenied', 'insufficientpermission insufficientpermissions insufficientscope missingscope'],
  ['permissionDenied', 'accessnotconfigured servicedisabled operationnotpermitted'],
  [
    'invalidParameters',
    'invalidrequest invalidargument invalidarguments invalidargs badrequest baduserinput',
  ],
  [
    'invalidParameters',
    'validation validationfailed invalidparameter invalidparameters invalidparametervalue',
  ],
  ['invalidParameters', 'missingparameter failedprecondition outofrange alreadyexists conflict duplicatekey'],
  ['invalidParameters', 'graphqlvalidationfailed graphqlparsefailed contextlengthexceeded invalidinput'],
  // What the issues of zod and of valibot's kind are called.
  [
    'invalidParameters',
    'invalidtype invalidvalue invalidformat invalidstring invalidenumvalue invalidliteral',
  ],
  ['invalidParameters', 'invaliddate invalidunion unrecognizedkeys toosmall toobig notmultipleof'],
  ['toolNotFound', 'toolnotfound methodnotfound nosuchtool unknowntool unimplemented'],
  ['resourceNotFound', 'gone'],
  ['serviceUnavailable', 'overloaded apierror servererror internalerror internalservererror internalfailure'],
  ['serviceUnavailable', 'internal backenderror serviceunavailable unavailable temporarilyunavailable'],
  ['serviceUnavailable', 'fatalerror engineoverloaded serviceoverloaded'],
  ['timeout', 'timeout timedout requesttimeout requesttimedout gatewaytimeout bodytimeout deadlineexceeded'],
  ['network', 'networkerror connectionerror requestsenderror'],
  ['policyViolation', 'contentfilter contentpolicyviolation'],
  ['planningPolicyViolation', 'planningpolicyviolation'],
  ['sandboxFailure', 'sandboxfailure'],
  ['cancelled', 'cancelled canceled'],
];

const categoryOfKnownReason: ReadonlyMap<string, ErrorCategory> = new Map(
  reasonsOfCategory.flatMap(([category, reasons]) =>
    reasons.split(' ').map((reason) => [reason, category] as const),
  ),
);

/** The category of what a service calls a failure. */
export function categoryOfReason(reason: string): ErrorCategory | undefined {
  // Node's own codes only look like it, and a module that a tool lacks is not what it was asked for.
  if (/^(?:ERR_|module_?not)/i.test(reason)) return undefined;
  // `com.amazon.coral.service#ExpiredTokenException`, `auth/invalid-credential`.
  const plain = reason
    .replace(/^[^#/]*[#/]/, '')
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase();
  return (
    categoryOfKnownReason.get(plain) ??
    categoryOfKnownReason.get(plain.replace(/(?:error|exception|fault)$/, '')) ??
    byFamily(plain)
  );
}

/** `channel_not_found`, `NoSuchBucket`, `QueueDoesNotExist`. */
function byFamily(plain: string): ErrorCategory | undefined {
  return /notfound(?:error|exception)?$|doesnotexist$|^nosuch/.test(plain) ? 'resourceNotFound' : undefined;
}

/** Under which keys a service says what failed. */
const keys = [
  'code',
  'type',
  'reason',
  'status',
  'Code',
  '__type',
  'errorCode',
  'error_code',
  'error',
] as const;

/** Where it says so within a list: Google's two kinds, GraphQL's. */
const listed: readonly (readonly string[])[] = [
  ['extensions', 'code'],
  ['errors', '0', 'reason'],
  ['errors', '0', 'code'],
  ['errors', '0', 'type'],
  ['errors', '0', 'extensions', 'code'],
  ['details', '0', 'reason'],
  ['details', '1', 'reason'],
];

/** How many characters a reason may have. */
const maxReason = 128;

/** The category of what the service calls the failure, on the error or in the body of its answer. */
export function byReason(error: unknown): ErrorCategory | undefined {
  if (typeof error === 'string') return undefined;
  return firstReason(reasonsOf(error));
}

/**
 * The category of the first known reason. One that only says that the request is wrong yields to a later one: Google puts
 * `INVALID_ARGUMENT` before `API_KEY_INVALID`.
 */
export function firstReason(reasons: Iterable<string>): ErrorCategory | undefined {
  let vague: ErrorCategory | undefined;
  for (const reason of reasons) {
    const category = categoryOfReason(reason);
    if (category === 'invalidParameters') vague = category;
    else if (category !== undefined) return category;
  }
  return vague;
}

function* reasonsOf(error: unknown): Generator<string> {
  for (const body of bodiesOf(error)) yield* reasonsIn(body, body === error);
}

function* reasonsIn(body: unknown, isError: boolean): Generator<string> {
  if (typeof body === 'string') {
    yield* keyedValues(body);
    return;
  }
  for (const key of keys) {
    const reason = readName(body, key);
    if (reason !== undefined) yield reason;
  }
  for (const path of listed) {
    // The members of an error's own list are errors behind it, with a say of their own.
    if (isError && path[0] === 'errors') continue;
    const reason = readPath(body, path);
    if (typeof reason === 'string' && reason.length <= maxReason) yield reason;
  }
}
