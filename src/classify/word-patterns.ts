import type { ErrorCategory } from '../../machines/categories.ts';

/**
 * Words that say what went wrong, the first match deciding. A timeout comes before an abort, because a timeout is often
 * said to abort; a refusal of the arguments before both, because those may be about an argument named `timeout`.
 */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  [/\b(?:circuit|breaker) (?:is |was )?(?:currently )?open\b/i, 'circuitOpen'],
  [/\b(?:unknown|no such) tool\b/i, 'toolNotFound'],
  [
    /\b(?:tool|method)(?: ["'`]?[\w.:/-]{1,128}["'`]?)? (?:was |is |has been )?(?:not found|does not exist|disabled)\b/i,
    'toolNotFound',
  ],
  [
    /\b(?:invalid|missing|unknown) (?:required )?(?:tool )?(?:param(?:eter)?s?|arguments?|input|request|url)\b/i,
    'invalidParameters',
  ],
  [/\b(?:schema|input|argument|parameter|request) validation (?:failed|error)\b/i, 'invalidParameters'],
  [/\b(?:bad request|unprocessable (?:entity|content)|(?:payload|entity) too large)\b/i, 'invalidParameters'],
  [/\binsufficient[ _](?:quota|funds|credits?|balance)\b/i, 'resourceExhausted'],
  [
    /\b(?:quota (?:was |has been )?exceeded|exceeded your current quota|payment required)\b/i,
    'resourceExhausted',
  ],
  [/\b(?:no space left on device|out of memory|too many open files)\b/i, 'resourceExhausted'],
  [/\brate[ _-]?limit(?:s|ed|ing)?(?![a-z])/i, 'rateLimit'],
  [/\b(?:too many requests|throttl(?:ed|ing))\b/i, 'rateLimit'],
  [/\b(?:timed[ -]?out|deadline exceeded)\b/i, 'timeout'],
  // Not the name of a setting: `timeout must be a number`, `"timeout": 30`.
  [
    /\btime-?out\b(?! (?:must|should|cannot|option|value|parameter|argument)\b|["']?\s?[:=]\s?\d)/i,
    'timeout',
  ],
  [
    /\b(?:service|server|model) (?:is |was )?(?:temporarily |currently )?unavailable\b/i,
    'serviceUnavailable',
  ],
  [/\b(?:internal server error|bad gateway)\b/i, 'serviceUnavailable'],
  [/\boverloaded\b(?! (?:function|method|operator|constructor|signature)s?\b)/i, 'serviceUnavailable'],
  [/^(?:error: )?not connected\b/i, 'network'],
  [/\bfetch failed\b|\bfailed to fetch\b/i, 'network'],
  [
    /\b(?:socket hang up|other side closed|premature close|no route to host|could not resolve host)\b/i,
    'network',
  ],
  [/\bconnection (?:was |is |has been )?(?:refused|reset|closed|lost|terminated|aborted)\b/i, 'network'],
  [/\bnetwork (?:request failed|error|(?:is )?unreachable)\b/i, 'network'],
  [
    /\b(?:unauthori[sz]ed|unauthenticated|not authenticated|authentication (?:failed|required|error))\b/i,
    'authentication',
  ],
  [
    /\b(?:invalid|incorrect|missing|expired) (?:api[ _-]?key|credentials?|(?:access|auth|bearer) token)\b/i,
    'authentication',
  ],
  [/\b(?:permission denied|access (?:is |was )?(?:denied|forbidden))\b/i, 'permissionDenied'],
  [/\b(?:operation not permitted|insufficient permissions?|not authori[sz]ed)\b/i, 'permissionDenied'],
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
  [/\b(?:aborted|cancell?ed) by (?:the )?(?:user|caller|client)\b/i, 'cancelled'],
  [/\b(?:user|caller|client) (?:has )?(?:aborted|cancell?ed)\b/i, 'cancelled'],
  // Not the `Aborted (core dumped)` of a crash.
  [/^(?:error: )?(?:aborted|cancell?ed)\b(?! \(core)/i, 'cancelled'],
];

/** The category that the words of a text stand for, if they are known ones. */
export function categoryOfWords(text: string): ErrorCategory | undefined {
  return patterns.find(([pattern]) => pattern.test(text))?.[1];
}
