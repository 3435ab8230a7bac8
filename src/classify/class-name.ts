import type { ErrorCategory } from '../../machines/categories.ts';
import { prototypeOf, read, readName } from './read.ts';
import { saysTimeLimit } from './time-limit.ts';

/** How many classes are looked at: a proxy can claim to have prototypes without end. */
const maxPrototypes = 12;

const categoryOfClass: ReadonlyMap<string, ErrorCategory> = new Map([
  // Our own denial, and those of the peers. A full bulkhead refuses for want of room, not for a broken tool.
  ['CircuitOpenError', 'circuitOpen'],
  ['BrokenCircuitError', 'circuitOpen'],
  ['HydratingCircuitError', 'circuitOpen'],
  ['BulkheadRejectedError', 'resourceExhausted'],

  // The web platform, and those who borrow its names.
  ['AbortError', 'cancelled'],
  ['CanceledError', 'cancelled'],
  ['CancelError', 'cancelled'],
  ['TimeoutError', 'timeout'],
  ['NetworkError', 'network'],
  ['QuotaExceededError', 'resourceExhausted'],
  ['NotAllowedError', 'permissionDenied'],

  // The openai and anthropic clients. Their subclasses of APIConnectionError are found first.
  ['APIUserAbortError', 'cancelled'],
  ['APIConnectionTimeoutError', 'timeout'],
  ['APIConnectionError', 'network'],
  ['RateLimitError', 'rateLimit'],
  ['InternalServerError', 'serviceUnavailable'],
  ['OverloadedError', 'serviceUnavailable'],
  ['ServiceUnavailableError', 'serviceUnavailable'],
  ['TooManyRequestsError', 'rateLimit'],
  ['AuthenticationError', 'authentication'],
  ['PermissionDeniedError', 'permissionDenied'],
  ['NotFoundError', 'resourceNotFound'],
  ['BadRequestError', 'invalidParameters'],
  ['UnprocessableEntityError', 'invalidParameters'],

  // Agent frameworks: AI SDK (without its `AI_`), MCP, LangChain, OpenAI Agents, Mastra.
  ['LoadAPIKeyError', 'authentication'],
  ['UnauthorizedError', 'authentication'],
  ['InvalidToolInputError', 'invalidParameters'],
  ['InvalidToolArgumentsError', 'invalidParameters'],
  ['InvalidArgumentError', 'invalidParameters'],
  ['TypeValidationError', 'invalidParameters'],
  ['ToolInputParsingException', 'invalidParameters'],
  ['NoSuchToolError', 'toolNotFound'],
  ['ToolNotFoundError', 'toolNotFound'],
  ['UnknownToolError', 'toolNotFound'],
  ['ToolTimeoutError', 'timeout'],
  ['TripWire', 'policyViolation'],

  // What frameworks throw to steer a run, which is no failure: LangGraph, SvelteKit, Temporal.
  ['GraphBubbleUp', 'cancelled'],
  ['GraphInterrupt', 'cancelled'],
  ['NodeInterrupt', 'cancelled'],
  ['ParentCommand', 'cancelled'],
  ['Redirect', 'cancelled'],
  ['ContinueAsNew', 'cancelled'],
  ['CompleteAsyncError', 'cancelled'],
  ['CancelledFailure', 'cancelled'],

  // Schema validators.
  ['ZodError', 'invalidParameters'],
  ['$ZodError', 'invalidParameters'],
  ['ValiError', 'invalidParameters'],
  ['ValidationError', 'invalidParameters'],

  // What clients of databases and brokers call a server that they do not reach.
  ['MaxRetriesPerRequestError', 'network'],
  ['ClusterAllFailedError', 'network'],
  ['ClientClosedError', 'network'],
  ['ClientOfflineError', 'network'],
  ['DisconnectsClientError', 'network'],
  ['SocketClosedUnexpectedlyError', 'network'],
  ['RootNodesUnavailableError', 'network'],
  ['ReconnectStrategyError', 'network'],
  ['MongoServerSelectionError', 'network'],
  ['MongoNotConnectedError', 'network'],
  ['MongoTopologyClosedError', 'network'],
  ['MongoClientClosedError', 'network'],
  ['MongoServerClosedError', 'network'],
  ['MongoMissingCredentialsError', 'authentication'],
  ['MongoInvalidArgumentError', 'invalidParameters'],
  ['MaxRedirectsError', 'network'],
  ['TooManyRedirects', 'network'],

  // Python's, as its servers pass them on in words.
  ['BrokenPipeError', 'network'],
  ['gaierror', 'network'],
  ['FileNotFoundError', 'resourceNotFound'],
  ['FileExistsError', 'invalidParameters'],
  ['NotADirectoryError', 'invalidParameters'],
  ['IsADirectoryError', 'invalidParameters'],
  ['PermissionError', 'permissionDenied'],
  ['MemoryError', 'resourceExhausted'],

  // AWS answers most of these with a 400, so that the name alone tells them apart.
  ['CredentialsProviderError', 'authentication'],
  ['TokenProviderError', 'authentication'],
  ['ExpiredTokenException', 'authentication'],
  ['UnrecognizedClientException', 'authentication'],
  ['ThrottlingException', 'rateLimit'],
  ['TooManyRequestsException', 'rateLimit'],
  ['ProvisionedThroughputExceededException', 'rateLimit'],
  ['ServiceQuotaExceededException', 'resourceExhausted'],
  ['ServiceUnavailableException', 'serviceUnavailable'],
  ['AccessDeniedException', 'permissionDenied'],
  ['ResourceNotFoundException', 'resourceNotFound'],
  ['ValidationException', 'invalidParameters'],

  // What nothing but an error written for the purpose can say.
  ['PolicyViolationError', 'policyViolation'],
  ['ApprovalDeniedError', 'policyViolation'],
  ['ToolApprovalDeniedError', 'policyViolation'],
  ['PlanningPolicyViolation', 'planningPolicyViolation'],
  ['PlanningPolicyViolationError', 'planningPolicyViolation'],
  ['SandboxError', 'sandboxFailure'],
  ['SandboxFailure', 'sandboxFailure'],
  ['SandboxFailureError', 'sandboxFailure'],
]);

/**
 * Families of classes that differ in how their names begin: `ToolInputGuardrailTripwireTriggered`, `ReadTimeoutError`,
 * `StripeConnectionError`, the `ConnectTimeout` and `ConnectError` of Python's clients.
 */
const categoryOfSuffix: readonly (readonly [string, ErrorCategory])[] = [
  ['TimeoutError', 'timeout'],
  ['TimeoutException', 'timeout'],
  ['Timeout', 'timeout'],
  ['TimeoutExpired', 'timeout'],
  ['ConnectionError', 'network'],
  ['ConnectionRefusedError', 'network'],
  ['ConnectionResetError', 'network'],
  ['ConnectionAbortedError', 'network'],
  ['ConnectionException', 'network'],
  ['ConnectError', 'network'],
  ['NetworkError', 'network'],
  ['SSLError', 'network'],
  ['GuardrailTripwireTriggered', 'policyViolation'],
];

/** An abort's name that other libraries inherit: a class that merely extends one of these was not aborted by anybody. */
const abortNames: ReadonlySet<string> = new Set(['AbortError', 'CanceledError']);

/** What the language throws when code is wrong. Such a message quotes the code: `x.timeout is not a function`. */
const languageErrors: ReadonlySet<string | undefined> = new Set<string | undefined>([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'EvalError',
  'URIError',
]);

/** How many names are an error's own: those after them are of the classes that it extends. */
const ownNames = 2;

/**
 * What an error is called, the most specific name first: its class, its `name`, then the classes that it extends. The
 * openai client leaves `name` at `Error`; others set nothing else; a subclass counts as what it extends.
 */
export function classNames(error: unknown): readonly string[] {
  return allNames(error).filter((name) => name !== undefined);
}

function allNames(error: unknown): readonly (string | undefined)[] {
  const names = [constructorName(error), readName(error, 'name')];
  let prototype = prototypeOf(error);
  for (let depth = 0; prototype !== null && depth < maxPrototypes; depth += 1) {
    names.push(constructorName(prototype));
    prototype = prototypeOf(prototype);
  }
  return names;
}

function constructorName(value: unknown): string | undefined {
  return readName(read(value, 'constructor'), 'name');
}

/** The category that the name of an error class stands for, if it is a known one. */
export function categoryOfClassName(name: string): ErrorCategory | undefined {
  const plain = name.startsWith('AI_') ? name.slice(3) : name;
  return categoryOfClass.get(plain) ?? categoryOfSuffix.find(([suffix]) => plain.endsWith(suffix))?.[1];
}

/** The category by what the error is called, if any of its names is a known one. */
export function byClass(error: unknown): ErrorCategory | undefined {
  const names = allNames(error);
  for (const [index, name] of names.entries()) {
    if (name === undefined || (index >= ownNames && abortNames.has(name))) continue;
    const category = categoryOfClassName(name);
    // Stripe has one class for a connection that failed and for its own time limit.
    if (category !== undefined) return category === 'network' && saysTimeLimit(error) ? 'timeout' : category;
  }
  return undefined;
}

/** Whether a class is one of the language's own, which tell of wrong code. */
export function isLanguageErrorName(name: string | undefined): boolean {
  return languageErrors.has(name);
}

/** Whether an error is of such a class, serialised or not, and not of one that extends it. */
export function isLanguageError(error: unknown): boolean {
  if (!isLanguageErrorName(readName(error, 'name'))) return false;
  const className = constructorName(error);
  return className === 'Object' || isLanguageErrorName(className);
}
