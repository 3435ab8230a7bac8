import { categorize, type ErrorCategory } from 'toolfuse';

/** The prefix that Python servers put before the message of an exception in a tool. */
const wrapping = /^Error (?:executing|calling) tool ['"]?[\w.:/-]{1,128}['"]?: /;

/** The tool broke its own output schema: the code blames the caller, who cannot fix it. */
const brokenPromise = /\bOutput validation error\b/;

/** Messages about arguments that match the schema but are wrong, which say nothing about the tool's health. */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  // File system errors: a folder given for a file, a file for a folder, or a name that is already taken.
  [/^(?:Error: )?(?:EISDIR|ENOTDIR|EEXIST|ENOTEMPTY|ENAMETOOLONG): /, 'invalidParameters'],
  [/\b(?:file|folder|directory|destination|entity) already exists\b/i, 'invalidParameters'],
  // Errors of pydantic, passed on by Python servers.
  [/\b\d+ validation errors? for (?:call\[|\w+Arguments\b)/, 'invalidParameters'],
  [/^(?:Error: )?invalid \w+: .{0,200}\bmust be\b/i, 'invalidParameters'],
  [/\bcannot specify both\b/i, 'invalidParameters'],
  // The text to replace is not in the file.
  [/\bcould not find (?:an? )?(?:exact )?match\b/i, 'invalidParameters'],
  [/\b422 (?:validation failed|unprocessable)/i, 'invalidParameters'],
  [
    /\b(?:entity|file|directory|resource)(?: with (?:name|id|path|uri) .{1,200}| ["'`]?[^\s"'`]{1,200}["'`]?) (?:was )?(?:not found|does not exist)\b/i,
    'resourceNotFound',
  ],
];

/** The category of an `isError` result, from its text. */
export function categoryOfResultText(text: string): ErrorCategory {
  const message = text.replace(wrapping, '');
  if (brokenPromise.test(message)) return 'executionError';
  return patterns.find(([pattern]) => pattern.test(message))?.[1] ?? categorize(message);
}
