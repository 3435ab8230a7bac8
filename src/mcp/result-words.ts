import { categorize, type ErrorCategory } from 'toolfuse';
import { INTERNAL_ERROR } from '../classify/rpc-codes.ts';
import { isOfArguments } from './argument-words.ts';

/** How much of a text is read, in characters; the cause of an error is at its beginning. */
export const maxTextLength = 4_096;

/** The prefix that Python servers put before the message of an exception in a tool. */
const wrapping = /^Error (?:executing|calling) tool ['"]?[\w.:/-]{1,128}['"]?: /;

/** The code that stands for any error. */
const internalError = new RegExp(`^(?:MCP error ${INTERNAL_ERROR}: )+`);

/** What goes before the words that blame the caller: `Validation failed: 503 Service Unavailable`. */
const outages: ReadonlySet<ErrorCategory> = new Set<ErrorCategory>([
  'network',
  'timeout',
  'rateLimit',
  'serviceUnavailable',
]);

/** The tool broke its own output schema: the code blames the caller, who cannot fix it. */
const brokenPromise =
  /\bOutput validation error\b|\b(?:does not match the tool's|has an) output schema\b|\bFailed to validate structured content\b/;

/** Who is said to have cancelled. */
const byPerson = /\bby (?:the )?(?:user|caller|client)\b|\buser (?:has )?cancell?ed\b/i;

/**
 * What services say of calls that match the schema but are wrong, which is no evidence against the tool; before it, what says the same
 * of the tool's own set-up and statements, and counts.
 */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  // What is not set up, or not installed, beside the tool.
  [/\bcan't open lib\b|\bNLTK Downloader\b|\bfor this resource does not exist\b/i, 'executionError'],
  [
    /\bvalidation errors? for \w{0,60}(?:Settings|Config)\b|\bValidationError: \d{1,4} validation errors? for (?!call\[)/,
    'executionError',
  ],
  [
    /\bplaywright install\b|\bplease (?:install|start) \S{1,80} first\b|\bBaseAddress must be set\b/i,
    'executionError',
  ],
  [/\bInvalid URL:? ['"]?(?:None|undefined|null)\//i, 'executionError'],
  // Extensions of a database.
  [
    /\btype "(?:vector|halfvec|citext|geometry|geography|hstore)" does not exist\b|\boperator does not exist: (?:vector|halfvec)\b|\bno such module: /,
    'executionError',
  ],
  [/\bfunction (?:uuid_generate_v\d|gen_random_uuid)\(\) does not exist\b/, 'executionError'],
  // The tables, types and functions of the tool itself, in a statement that its own code made: SQLAlchemy shows it.
  [
    /\b(?:no such (?:table|column): |unknown column '|(?:relation|column|table|type|function|operator) [^\n]{1,130} (?:does not|doesn't) exist\b).*\[SQL: /is,
    'executionError',
  ],
  // A list of messages for each field, as Laravel, Rails and Django say it: `{"field":["The field is required."]}`.
  [
    /^\{\s{0,9}"(?!(?:errors?|errorMessages|messages?|details?|logs|stack)")[\w.[\]]{1,80}"\s?:\s{0,9}\[\s{0,9}"/,
    'invalidParameters',
  ],
  [/^(?:Error: )?(?:the )?[\w ]{1,60} field is required\b/i, 'invalidParameters'],
  [/\b(?:file|folder|directory|destination|entity) already exists\b/i, 'invalidParameters'],
  // What has to be done before: the model has to take another step, not the tool.
  [
    /(?<!\b(?:database|server) )\b(?:please|must|need to|needs to|have to|has to|should|use the ["'`][\w-]{1,60}["'`] tool)\b[^.\n]{1,120}\bfirst\b/i,
    'invalidParameters',
  ],
  [/\bmust be called before\b/i, 'invalidParameters'],
  [/\bcannot specify both\b/i, 'invalidParameters'],
  // What databases say of a statement.
  [/\b(?:invalid (?:object|column) name|duplicate entry) '|\bincorrect syntax near '/i, 'invalidParameters'],
  [/\bcolumn '.{1,80}' (?:cannot be (?:null|resolved)|in [\w ]{1,20} is ambiguous)/i, 'invalidParameters'],
  [
    /\bambiguous column name: |\bhas no column named \w|\bunrecognized (?:token: "|name: )/i,
    'invalidParameters',
  ],
  [
    /\bBinder Error: |\bORA-009\d\d: |\bvalue too long for type\b|\ba foreign key constraint fails\b/,
    'invalidParameters',
  ],
  [
    /\bno such (?:table|column): |\bnear "[^"\n]{0,80}": syntax error\b|\bunknown column '/i,
    'invalidParameters',
  ],
  [/\b(?:unique|not null|foreign key|check) constraint failed\b/i, 'invalidParameters'],
  [
    /\bmust appear in the GROUP BY clause\b|\bmissing FROM-clause entry\b|\bcolumn reference "\w{1,64}" is ambiguous\b/,
    'invalidParameters',
  ],
  [
    /\boperator does not exist: |\btable .{1,120} (?:doesn't|does not) exist\b(?! in (?:engine|the current database)\b)/i,
    'invalidParameters',
  ],
  [/\bfunction [\w.]{1,64}\([^)\n]{0,120}\) does not exist\b/i, 'invalidParameters'],
  [/\bcannot execute \w+ in a read-only transaction\b/, 'permissionDenied'],
  // What Kubernetes, GitHub, Docker, Stripe, S3, Slack, Elasticsearch and Playwright say.
  [/\bis forbidden: User "|\bResource not accessible by\b/, 'permissionDenied'],
  [/\bdoesn't have a resource type\b|\bstrict mode violation: /, 'invalidParameters'],
  [
    /\b(?:channel|user|index|team|file)_not_found(?:_exception)?\b|\bThe specified key does not exist\b/,
    'resourceNotFound',
  ],
  [
    /\b[a-z]{2,60}s(?:\.[a-z.]{2,60})? "[^"\n]{1,253}" not found\b|\bError from server \(NotFound\)/,
    'resourceNotFound',
  ],
  [
    /^(?:Error: )?Not Found(?: - https:|\.?$)|\bNo such (?:container|object|image|customer): /,
    'resourceNotFound',
  ],
  [/\bnot found in the current page snapshot\b|\bcould not find \w{1,30} with ID\b/, 'resourceNotFound'],
  // The text to replace is not in the file.
  [/\bcould not find (?:an? )?(?:exact )?match\b/i, 'invalidParameters'],
  // An address that robots must not fetch.
  [/\brobots\.txt\b.{0,200}\bnot (?:allowed|permitted)\b|\bdisallowed by robots\.txt\b/is, 'policyViolation'],
  [/\b422 (?:validation failed|unprocessable)/i, 'invalidParameters'],
  [
    /\b(?:entity|file|directory|resource|user|account|record|item|document|page|project|issue|repository|customer|order|session|connection(?! (?:with name )?"default")|channel|table|collection|namespace|branch|bucket|note|event|(?:payment|shipping) method)(?: with (?:name|id|path|uri) .{1,200}| ["'`]?[^\s"'`]{1,200}["'`]?)? (?:was )?(?:not found|does not exist)\b(?! in the current database\b)/i,
    'resourceNotFound',
  ],
  [/\bwith (?:the )?(?:id|name|key) .{1,120} (?:was )?not found\b/i, 'resourceNotFound'],
  [
    /^(?:Error: )?no (?:[\w-]{1,20} )?(?:session|process|terminal|job|task|results?|matches|records?|entr(?:y|ies)|items?|documents?|files?|pages?|users?|projects?|issues?) found (?:for|with|matching)\b/i,
    'resourceNotFound',
  ],
  // What the caller started before, and has ended since. A process that `has exited` may be the tool's own.
  [
    /\b(?:(?<!server )process\b.{0,60}\bmay have|(?:(?<!use a )session|terminal|tab|task|job)\b(?! closed).{0,60}\b(?:may have|has|have)) (?:already )?(?:exited|ended|expired|finished|been closed)\b/i,
    'resourceNotFound',
  ],
];

/** A status alone at the end of what failed: `Failed to search features by category: 400`. */
const closingStatus = /^(?:Error: )?(?:failed|unable|error|request)\b[^\n]{1,200}: ([45]\d\d)\.?$/i;

/** The category that the text of an `isError` result stands for. */
export function categoryOfResultText(text: string): ErrorCategory {
  const unwrapped = text.replace(wrapping, '');
  const message = unwrapped.replace(internalError, '');
  if (brokenPromise.test(message)) return 'executionError';
  const named = categorize(message);
  if (outages.has(named)) return named;
  if (isOfArguments(message)) return 'invalidParameters';
  const known = patterns.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  const status = closingStatus.exec(message)?.[1];
  const category = categorize(status === undefined ? unwrapped : { status: Number(status) });
  // Who cancels a call gets no result: what was aborted is the server's own work.
  return category === 'cancelled' && !byPerson.test(message) ? 'serviceUnavailable' : category;
}
