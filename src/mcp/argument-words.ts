/** A name as validators put it: `limit`, `"user.name"`, `items[0]`. */
const name = '["\'`]?[\\w.[\\]-]{1,80}["\'`]?';
const quoted = '["\'`][\\w.[\\]-]{1,80}["\'`]';
const kind = '(?:parameter|param|argument|field|property|option)';

/** Subjects that are not arguments: `You must be an admin`, `Server must be a primary`. */
const notWho =
  '(?!(?:you|users?|accounts?|servers?|clients?|hosts?|services?|databases?|nodes?|it|this|that|there|they|we)\\b)';

/** Words about signing in and setting up, which no argument can mend. */
const notOfSetup =
  '(?!.{0,80}(?:\\b|_)(?:api|keys?|tokens?|credentials?|passwords?|secrets?|log ?in|environment|database|config)(?:\\b|_))';

/** What can be invalid without being an argument. */
const notAnswer =
  '(?!(?:response|reply|answer|output|result|state|config\\w{0,20}|session|token|signature|certificate|credentials?)\\b)';

/** The types that a validator can ask for. `Expected 200, received 503` is none. */
const type =
  '(?:an? )?(?:non-?empty )?(?:strings?|numbers?|integers?|int|floats?|booleans?|arrays?|objects?|dates?|records?|bigint|null|undefined|one of|["\'`])';

/** Names that arguments have again and again, and programs do not. */
const usual =
  '(?:path|query|url|uri|id|name|title|text|content|message|file|filename|filepath|prompt|input|type|limit|date|email)';

/** What limits a value. */
const limit =
  '(?:an? |one of|either|between|at (?:least|most)(?! version\\b)|(?:greater|less|more|longer|shorter) than|(?:non-?)?(?:negative|positive|empty)|[<>]|of type|in the (?:range|format))';

/** What servers put before a validator's words: a cross, `Error:`, `failed to list pods:`, `failed to delete it,`. */
const lead =
  /^(?:[^\w\s"'`/[({<]{1,3} ?)?(?:error: ?)?(?:(?:failed(?! to deserialize)|unable|could not|cannot|error|tool)\b[^:\n]{1,120}?(?::|,(?= \w+ is not an? )) )?(?:the )?/i;

const begins = (rest: string): RegExp => new RegExp(`^${rest}`, 'i');

/** What says the same of something else: an answer that the tool got, how the tool is set up, or a fault of its own code. */
const notOfArguments: readonly RegExp[] = [
  begins('[^\\n]{0,80}\\b(?:response|reply)\\b(?! (?:format|type|mode)\\b)'),
  begins('[^\\n]{0,40}\\bconfig(?:uration)?\\b[^\\n]{0,40}: '),
  begins('(?:supabase|database|redis|base|db|server)_?(?:url|uri|key)\\b'),
  // The name of a variable of the environment.
  /^[^\n]{0,80}\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b[^\n]{0,60}\b(?:is|are|be) (?:required|set|missing|provided|given|specified|defined)\b/,
  // System.Text.Json and kotlinx.serialization, of what they read.
  /\bJSON deserialization for type\b|\bfor type with serial name\b|\bin JSON\. Path\b/,
  // Safari's engine, of code; Python's `TypeError`s.
  /\(evaluating '|\bexpected string or bytes-like object\b|, must not be `None`/,
  begins('(?:must be [\\w -]{1,30}, not \\w|expected object of (?:\\w+ )?type\\b)'),
  /\bcannot read propert(?:y|ies) of (?:undefined|null)\b|\bmessage (?:[\w.]{1,80} is )?missing required fields\b/i,
  // Node.js, of what its own code passes on.
  /^"(?:listener|callback|cb|original|chunk|key|emitter|handler|list\[\d+\]|options\.\w+)" argument must be\b/,
  // Keys that the tool is set up with.
  begins('(?:secretOrP(?:rivate|ublic)Key must|key must be one of type KeyObject)\\b'),
];

/**
 * What validators say of arguments. Most patterns have to match at the beginning, since a tool calls what it cannot read in the answer
 * of its own service invalid, missing and unexpected as well.
 */
const patterns: readonly RegExp[] = [
  // zod-validation-error, express-validator.
  begins('validation (?:errors?|failed|failure)\\s?[:;,-]'),
  // Ajv, of the SDK for TypeScript and of Fastify.
  begins(
    '(?:data|params|arguments|input|body|query)?(?:/[\\w-]{1,80}){0,8} ?must (?:be(?! owned)|have|match|not)\\b',
  ),
  // jsonschema of Python, Joi, yup.
  begins(`${name} is a required (?:property|field|${kind})\\b`),
  begins(`${notAnswer}${name} is not (?:of type|one of|valid under any of|${type})\\b`),
  begins(`${quoted} (?:is required|is not allowed|must contain|length must)\\b`),
  begins(`${quoted} must be\\b(?! (?:installed|running|set|defined|in PATH)\\b)`),
  begins(
    `(?:${name} ${kind}|${kind} ${name}) (?:(?:is |was |must be )(?:required|missing|invalid|empty)|required)\\b`,
  ),
  // System.CommandLine.
  /\bcannot parse argument .{1,80} for option\b/i,
  begins(`${notWho}${name} (?:${kind} |value )?must be ${limit}`),
  // class-validator, go-playground/validator, mcp-go, github-mcp-server, mongoose, Bean Validation.
  begins('(?:each value in )?\\w{1,60} (?:must|should) not be (?:empty|greater|less|longer|shorter)\\b'),
  begins('(?:property \\w{1,60} should not exist|each value in \\w{1,60} must be)\\b'),
  /\bField validation for '\w{1,80}' failed on the '\w{1,40}' tag/,
  begins(`${kind} ${name} is not (?:of type \\w|${type})`),
  /\bCast to \w{1,40} failed for value\b/,
  begins('[\\w.]{1,120}: must not be (?:null|blank|empty)\\b'),
  // Zod, valibot, superstruct.
  begins(
    `(?:at path: [^\\n]{1,80} -- |(?:[\\w.]{1,80}: ){1,3})?(?:invalid (?:type|input|option|enum value)[:.] )?expected (?:positive )?${type}[^\\n]{0,120} (?:but )?(?:received|got)\\b`,
  ),
  begins(
    `invalid ${notAnswer}\\w{1,60}: (?:required\\b|(?:invalid input: )?expected ${type}|[^\\n]{0,200}\\bmust be\\b)`,
  ),
  begins('(?:[\\w.]{1,80}: )(?:string|number|array|object|date|set) must (?:be|contain|have)\\b'),
  // Notion's.
  begins('body failed validation: '),
  begins('unrecognized key(?:s|\\(s\\) in object)?: '),
  // pydantic, of the servers for Python.
  /\b\d+ validation errors? for (?:call\[|\w{0,80}(?:Arguments|Args|Input|Params|Parameters|Request)\b)/,
  // The SDKs for Go, C# and Rust.
  /\bvalidating "arguments"/,
  /\bmissing a value for the required parameter\b/i,
  /\bfailed to deserialize parameters: /i,
  // By hand. A name with a capital or an underscore in it is that of an argument: `ffmpeg is required` is about a program.
  /^(?:[a-z][a-z0-9]{0,40}(?:_[a-z0-9]{1,40}){1,6}|[a-z]{1,40}[A-Z]\w{0,40}) (?:is|are) required\b/,
  /\bmissing (?:a )?required (?:field|propert(?:y|ies)|option|flag)s?\b(?! in (?:the )?(?:response|reply|answer|config))/i,
  new RegExp(`\\binvalid value for (?:the )?(?:${kind}\\b|${quoted})`, 'i'),
  new RegExp(`\\brequired ${kind} ${name} (?:not found|is missing|was not (?:given|provided))\\b`, 'i'),
  begins(`${usual} (?:is|are) (?:required|missing)\\b`),
  begins(`(?:please |you must )?provide (?:an? )?(?:valid )?${usual}\\b`),
  begins(
    `no ${notOfSetup}(?:[\\w-]{1,40} )?(?:arguments?|param(?:eter)?s?|${usual}) (?:was |were )?(?:provided|given|specified)\\b`,
  ),
  // Not a limit of the server, or of where it runs; nor what Node.js says of a module.
  begins(
    'only (?!\\d|urls with a scheme in|(?:one|linux|macos|windows|get|post|put)\\b)[^.\\n]{1,80} (?:is|are) (?:supported|allowed)\\b',
  ),
  begins(`(?:\\w{1,60} )?requires ${notOfSetup}(?:either|(?:at least |exactly )?one of):? ["'\`]`),
  begins(`(?:please |you must )?provide ${notOfSetup}(?:either|(?:at least|exactly)? ?one of)\\b`),
  begins(
    `(?:either|(?:(?:at least|exactly) )?one of) ${notOfSetup}[^.\\n]{1,100} (?:must be|is|are) (?:provided|required|specified|given|set)\\b`,
  ),
];

/** Whether a text says that the arguments of a call are wrong, in the words of those that check them. */
export function isOfArguments(text: string): boolean {
  const said = text.replace(lead, '');
  if (notOfArguments.some((pattern) => pattern.test(text) || pattern.test(said))) return false;
  return patterns.some((pattern) => pattern.test(said));
}
