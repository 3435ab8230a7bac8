import type { ErrorCategory } from '../../machines/categories.ts';
import { prototypeOf, read, readName } from './read.ts';

/** A proxy can claim to have prototypes without end. */
const MAX_PROTOTYPES = 12;

const categoryOfClass: ReadonlyMap<string, ErrorCategory> = new Map([
  // Our own denial, and those of the peers. A full bulkhead refuses for want of room, not for a broken tool.
  ['CircuitOpenError', 'circuitOpen'],
  ['BrokenCircuitError', 'circuitOpen'],
  ['HydratingCircuitError', 'circuitOpen'],
  ['BulkheadRejectedError', 'resourceExhausted'],

  // The web platform, and those who borrow its names.
  ['AbortError', 'cancelled'],
  ['CanceledError', 'cancelled'],
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

  // Schema validators.
  ['ZodError', 'invalidParameters'],
  ['$ZodError', 'invalidParameters'],
  ['ValiError', 'invalidParameters'],
  ['ValidationError', 'invalidParameters'],

  // AWS answers most of these with a 400, so that the name alone tells them apart.
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

/** Families of classes that differ in how their names begin: `ToolInputGuardrailTripwireTriggered`, `ReadTimeoutError`. */
const categoryOfSuffix: readonly (readonly [string, ErrorCategory])[] = [
  ['TimeoutError', 'timeout'],
  ['GuardrailTripwireTriggered', 'policyViolation'],
];

/** What the language throws when code is wrong. Such a message quotes the code: `x.timeout is not a function`. */
const languageErrors: ReadonlySet<string> = new Set([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'EvalError',
  'URIError',
]);

/**
 * What an error is called, the most specific name first: its class, its `name`, then the classes that it extends. The
 * openai client leaves `name` at `Error`; others set nothing else; a subclass counts as what it extends.
 */
export function classNames(error: unknown): readonly string[] {
  const names = [constructorName(error), readName(error, 'name')];
  let prototype = prototypeOf(error);
  for (let depth = 0; prototype !== null && depth < MAX_PROTOTYPES; depth += 1) {
    names.push(constructorName(prototype));
    prototype = prototypeOf(prototype);
  }
  return names.filter((name) => name !== undefined);
}

function constructorName(value: unknown): string | undefined {
  return readName(read(value, 'constructor'), 'name');
}

/** The category that the name of an error class stands for, if it is a known one. */
export function categoryOfClassName(name: string): ErrorCategory | undefined {
  const plain = name.replace(/^AI_/, '');
  return categoryOfClass.get(plain) ?? categoryOfSuffix.find(([suffix]) => plain.endsWith(suffix))?.[1];
}

/** The category by what the error is called, if any of its names is a known one. */
export function byClass(error: unknown): ErrorCategory | undefined {
  for (const name of classNames(error)) {
    const category = categoryOfClassName(name);
    if (category !== undefined) return category;
  }
  return undefined;
}

/** Whether a class is one of the language's own, which tell of wrong code. */
export function isLanguageErrorName(name: string | undefined): boolean {
  return name !== undefined && languageErrors.has(name);
}

/** Whether an error is of such a class, be it serialised, and not of one that extends it. */
export function isLanguageError(error: unknown): boolean {
  if (!isLanguageErrorName(readName(error, 'name'))) return false;
  const className = constructorName(error);
  return className === 'Object' || isLanguageErrorName(className);
}
