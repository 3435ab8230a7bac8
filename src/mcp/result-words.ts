import { categorize, type ErrorCategory } from 'toolfuse';
import { isOfArguments } from './argument-words.ts';

/** The prefix that Python servers put before the message of an exception in a tool. */
const wrapping = /^Error (?:executing|calling) tool ['"]?[\w.:/-]{1,128}['"]?: /;

/** The code that stands for any error. */
const internalError = /^(?:MCP error -32603: )+/;

/** The tool broke its own output schema: the code blames the caller, who cannot fix it. The SDKs for TypeScript and for Go say so. */
const brokenPromise = /\bOutput validation error\b|\bvalidating tool output\b/;

/** Messages about arguments that match the schema but are wrong, which say nothing about the tool's health. */
const patterns: readonly (readonly [RegExp, ErrorCategory])[] = [
  // A list of messages for each field, as Laravel, Rails and Django say it: `{"field":["The field is required."]}`.
  [/^\{\s{0,9}"[\w.[\]]{1,80}"\s?:\s{0,9}\[\s{0,9}"/, 'invalidParameters'],
  [/^(?:Error: )?(?:the )?[\w ]{1,60} field is required\b/i, 'invalidParameters'],
  [/\b(?:file|folder|directory|destination|entity) already exists\b/i, 'invalidParameters'],
  // What has to be done before: the model has to take another step, not the tool.
  [/\b(?:please|must|need to|needs to|have to|has to|should)\b[^.\n]{1,120}\bfirst\b/i, 'invalidParameters'],
  [/\bmust be called before\b/i, 'invalidParameters'],
  [/\bcannot specify both\b/i, 'invalidParameters'],
  // The text to replace is not in the file.
  [/\bcould not find (?:an? )?(?:exact )?match\b/i, 'invalidParameters'],
  // An address that robots must not fetch.
  [/\brobots\.txt\b.{0,200}\bnot (?:allowed|permitted)\b|\bdisallowed by robots\.txt\b/is, 'policyViolation'],
  [/\b422 (?:validation failed|unprocessable)/i, 'invalidParameters'],
  [
    /\b(?:entity|file|directory|resource|user|account|record|item|document|page|project|issue|repository|customer|order|session|connection|channel|table|collection|namespace|branch|bucket|note|event|(?:payment|shipping) method)(?: with (?:name|id|path|uri) .{1,200}| ["'`]?[^\s"'`]{1,200}["'`]?)? (?:was )?(?:not found|does not exist)\b/i,
    'resourceNotFound',
  ],
  [/\bwith (?:the )?(?:id|name|key) .{1,120} (?:was )?not found\b/i, 'resourceNotFound'],
  [/^(?:Error: )?no [\w -]{1,40} found (?:for|with|matching|at|in)\b/i, 'resourceNotFound'],
  // What the caller started before, and has ended since.
  [
    /\b(?:process|session|terminal|tab|task|job)\b.{0,60}\b(?:may have|has|have) (?:already )?(?:exited|ended|expired|finished|been closed)\b/i,
    'resourceNotFound',
  ],
];

/** A status alone at the end of what failed: `Failed to search features by category: 400`. */
const closingStatus = /^(?:Error: )?(?:failed|unable|error|request)\b[^\n]{1,200}: ([45]\d\d)\.?$/i;

/** What a text says that is written for a model; undefined for what any error may say. */
export function categoryOfWordsForModel(text: string): ErrorCategory | undefined {
  const message = text.replace(wrapping, '').replace(internalError, '');
  if (brokenPromise.test(message)) return 'executionError';
  if (isOfArguments(message)) return 'invalidParameters';
  return patterns.find(([pattern]) => pattern.test(message))?.[1];
}

/** The category that the text of an `isError` result stands for. */
export function categoryOfResultText(text: string): ErrorCategory {
  const known = categoryOfWordsForModel(text);
  if (known !== undefined) return known;
  const message = text.replace(wrapping, '');
  const status = closingStatus.exec(message)?.[1];
  return status === undefined ? categorize(message) : categorize({ status: Number(status) });
}
