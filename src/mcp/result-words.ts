import { categorize, type ErrorCategory } from 'toolfuse';

/** What the Python servers put before the message of whatever a tool raised. */
const wrapping = /^Error (?:executing|calling) tool ['"]?[\w.:/-]{1,128}['"]?: /;

/** The tool has broken its own promise: an error code that blames the caller, for what the caller cannot mend. */
const brokenPromise = /\bOutput validation error\b/;

/** Arguments that fit the schema and not the world. What servers say of them is said of nothing that is broken. */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  // The file system's: a folder for a file, a file for a folder, or the name of something that is there already.
  [/^(?:Error: )?(?:EISDIR|ENOTDIR|EEXIST|ENOTEMPTY|ENAMETOOLONG): /, 'invalidParameters'],
  [/\b(?:file|folder|directory|destination|entity) already exists\b/i, 'invalidParameters'],
  // pydantic's, by way of the Python servers.
  [/\b\d+ validation errors? for (?:call\[|\w+Arguments\b)/, 'invalidParameters'],
  [/^(?:Error: )?invalid \w+: .{0,200}\bmust be\b/i, 'invalidParameters'],
  [/\bcannot specify both\b/i, 'invalidParameters'],
  // The text to be replaced is not in the file.
  [/\bcould not find (?:an? )?(?:exact )?match\b/i, 'invalidParameters'],
  [/\b422 (?:validation failed|unprocessable)/i, 'invalidParameters'],
  [
    /\b(?:entity|file|directory|resource)(?: with (?:name|id|path|uri) .{1,200}| ["'`]?[^\s"'`]{1,200}["'`]?) (?:was )?(?:not found|does not exist)\b/i,
    'resourceNotFound',
  ],
];

/** The category that the text of an `isError` result stands for. */
export function categoryOfResultText(text: string): ErrorCategory {
  const message = text.replace(wrapping, '');
  if (brokenPromise.test(message)) return 'executionError';
  return patterns.find(([pattern]) => pattern.test(message))?.[1] ?? categorize(message);
}
