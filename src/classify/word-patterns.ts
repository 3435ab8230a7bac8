import type { ErrorCategory } from '../../machines/categories.ts';
import { networkWords } from './network-words.ts';

/**
 * Words that say what went wrong, the first match deciding. A timeout comes before an abort, because a timeout is often
 * said to abort; a refusal of the arguments before both, because those may be about an argument named `timeout`.
 */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  [/\b(?:circuit|breaker) (?:is |was )?(?:currently )?open\b/i, 'circuitOpen'],
  [/\b(?:unknown|no such) (?:tool|function)\b/i, 'toolNotFound'],
  // Not a `payment method` or a `build tool`: what is missing begins the sentence, or an article goes before it.
  [
    /(?:^|[:.;,!\])] ?|\b(?:the|a|no|this|that|requested|mcp) )(?:tool|method)(?: ["'`]?[\w.:/-]{1,128}["'`]?)? (?:was |is |has been )?(?:not found\b(?!: ['"])|does not exist\b(?!\/is not available)|disabled\b)/i,
    'toolNotFound',
  ],
  [/\b(?:is )?not defined in the config(?:uration)?\b/i, 'toolNotFound'],
  // EINVAL of the system, of CUDA, and of ffmpeg.
  [
    /\b(?:EINVAL|bind|sendto|sendmsg|mmap|(?:CUDA|HIP) error|\w+Exception|output files): invalid argument\b/i,
    'executionError',
  ],
  // The "x" stands for a path.
  [
    /\[Errno 22\] invalid argument\b|\bx invalid argument\b|\binvalid argument (?:was supplied|\(os error 22\))/i,
    'executionError',
  ],
  [
    /(?<!\b(?:connect|clang: error): )\b(?:invalid|missing|unknown) (?:required )?(?:tool )?(?:param(?:eter)?s?|arguments?|inputs?|request|url)\b/i,
    'invalidParameters',
  ],
  [
    /(?<!\bresponse )\b(?:schema|input|argument|parameter|request) validation (?:failed|error)\b/i,
    'invalidParameters',
  ],
  // A session that a restart of the server has ended.
  [/\bbad request: (?:server not initialized|no valid session id|mcp-session-id header)/i, 'network'],
  [/\b(?:bad request|unprocessable (?:entity|content)|(?:payload|entity) too large)\b/i, 'invalidParameters'],
  // What databases say of a statement.
  [
    /\b(?:column|relation|schema|type|function|operator) ["'`]?\w{1,64}["'`]? (?:of relation ["'`]?\w{1,64}["'`]? )?does not exist\b(?! in the current database)/i,
    'invalidParameters',
  ],
  [/\bduplicate key value\b|\bviolates (?:[\w-]{1,30} ){1,3}constraint\b/i, 'invalidParameters'],
  [/\bsyntax error at or near\b|\byou have an error in your sql syntax\b/i, 'invalidParameters'],
  // Google's, which are of a minute.
  [/\bquota exceeded for quota metric\b/i, 'rateLimit'],
  [/\binsufficient (?:quota|funds|credits?|balance)\b/i, 'resourceExhausted'],
  [
    /\b(?:quota (?:was |has been )?exceeded|exceeded your current quota|payment required)\b/i,
    'resourceExhausted',
  ],
  [/\b(?:no space left on device|out of memory|too many open files)\b/i, 'resourceExhausted'],
  [/\brate[ -]?limit(?:s|ed|ing)?(?![a-z])/i, 'rateLimit'],
  [/\b(?:too many (?:requests|connections|clients)|throttl(?:ed|ing))\b/i, 'rateLimit'],
  [
    /(?:^|: )rate exceeded\b|\b(?:resource (?:has been )?exhausted|reduce your request rate|connection slots are reserved)\b/i,
    'rateLimit',
  ],
  [/\b(?:requests?|calls?) too (?:quickly|fast|often|frequently)\b/i, 'rateLimit'],
  [/\b(?:timed[ -]?out|deadline exceeded|\d+ ?ms exceeded)\b|\bCaused by \w{0,40}Timeout/i, 'timeout'],
  [/\bfailed to connect to .{1,260} in \d+ ?ms\b|\bcouldn't get a connection after\b/i, 'timeout'],
  // Not the name of a setting: `timeout must be a number`, `"timeout": 30`.
  [
    /\btime-?out\b(?! (?:must|should|cannot|is (?:required|missing|invalid|not)|option|value|parameter|argument)\b|["']?\s?[:=]\s?\d)/i,
    'timeout',
  ],
  [
    /\b(?:service|server|model) (?:is |was )?(?:temporarily |currently )?unavailable\b/i,
    'serviceUnavailable',
  ],
  [/\b(?:internal server error|bad gateway|no healthy upstream)\b/i, 'serviceUnavailable'],
  [
    /\b(?:currently unable to handle the request|server had an error while processing)\b/i,
    'serviceUnavailable',
  ],
  [
    /\b(?:database system is (?:starting up|shutting down|in recovery mode)|terminating connection due to administrator)\b/i,
    'serviceUnavailable',
  ],
  [/\boverloaded\b(?! (?:function|method|operator|constructor|signature)s?\b)/i, 'serviceUnavailable'],
  [/\bpassword authentication failed\b/i, 'authentication'],
  // The program is there; what it is linked against is not.
  [
    /\bcannot open shared object file\b|\berror while loading shared libraries\b|\bcan't open lib\b/i,
    'executionError',
  ],
  ...networkWords.map((pattern): readonly [RegExp, ErrorCategory] => [pattern, 'network']),
  [
    /\b(?:unauthori[sz]ed|unauthenticated|not authenticated|authentication (?:failed|required|error))\b/i,
    'authentication',
  ],
  [
    /\b(?:invalid|incorrect|missing|expired) (?:api[ -]?key|credentials?|(?:access|auth|bearer) token)\b/i,
    'authentication',
  ],
  [
    /\b(?:security token included in the request is|login failed for user|bad credentials)\b/i,
    'authentication',
  ],
  [/\bconnection (?:issue|problem|error|failure)s?\b/i, 'network'],
  [/\b(?:permission denied|access (?:is |was )?(?:denied|forbidden))\b/i, 'permissionDenied'],
  [
    /\b(?:operation not permitted|insufficient permissions?|does not have permission|not authori[sz]ed)\b/i,
    'permissionDenied',
  ],
  [/^(?:error: |403 )?forbidden\b/i, 'permissionDenied'],
  [/\bno such file or directory\b/i, 'resourceNotFound'],
  [/\b(?:404 not found|(?:file|resource|page|directory) (?:was )?not found)\b/i, 'resourceNotFound'],
  [
    /\b(?:policy violation|(?:blocked|denied|rejected) by (?:a |the )?(?:content )?(?:policy|guardrail))\b/i,
    'policyViolation',
  ],
  [
    /\b(?:approval (?:was )?(?:denied|rejected)|not approved|(?:denied|rejected) by (?:the )?user)\b/i,
    'policyViolation',
  ],
  [
    /\b(?:operation|request|call|task|run|execution|query|signal) (?:was |were |has been |is )?(?:aborted|cancell?ed)\b/i,
    'cancelled',
  ],
  [/\bcontext cancell?ed\b/i, 'cancelled'],
  [/\b(?:aborted|cancell?ed) by (?:the )?(?:user|caller|client)\b/i, 'cancelled'],
  [/\b(?:user|caller|client) (?:has )?(?:aborted|cancell?ed)\b/i, 'cancelled'],
  // Not the `Aborted (core dumped)` of a crash.
  [/^(?:error: )?(?:aborted|cancell?ed)\b(?! \(core)/i, 'cancelled'],
  // Java's, where the message has no words of its own.
  [/\b(?:Connect|UnknownHost|NoRouteToHost|Socket|SSL(?:Handshake)?)Exception\b/, 'network'],
];

/** The category that the words of a text stand for, if they are known ones. Quotes and identifiers are to be out of it. */
export function categoryOfWords(text: string): ErrorCategory | undefined {
  return patterns.find(([pattern]) => pattern.test(text))?.[1];
}
